import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { usualAt } from "./quality";

export const EMPTY_DRAFT: Settings = {
  prompt: "",
  negative_prompt: "",
  width: null,
  height: null,
  quality: null,
  steps: null,
  guidance_scale: null,
  seed: null,
  count: 1,
  model: null,
};

/** The numbers of a draft that may be left to the model. */
export function numbersOf(draft: Settings, model: Model) {
  const usual = usualAt(draft.quality, model);
  return {
    width: draft.width ?? model.width,
    height: draft.height ?? model.height,
    steps: draft.steps ?? usual.steps,
    guidance_scale: draft.guidance_scale ?? usual.guidance_scale,
  };
}

/** Writes a draft as the common part of a request: what is left to the model or to chance is left out. */
export function toRequest(draft: Settings) {
  const chosen = Object.entries(draft).filter(([, value]) => value !== null && value !== "");
  return { ...Object.fromEntries(chosen), prompt: draft.prompt.trim() };
}

const SEED_LIMIT = 2 ** 32; // short enough to read aloud; the API takes up to 2^53 - 1

/** Draws a seed; `random` gives a number in [0, 1). */
export function drawSeed(random: () => number): number {
  return Math.floor(random() * SEED_LIMIT);
}
