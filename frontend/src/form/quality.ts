import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";

/** How much care a picture is painted with, from the fastest on. */
export const QUALITIES = ["draft", "normal", "best"] as const;
export type Quality = (typeof QUALITIES)[number];

// Shares of a model's own steps: fewer show what it will be, more paint finer details.
const SHARES: Record<Quality, number> = { draft: 0.5, normal: 1, best: 1.6 };
const STEPS = [2, 100] as const; // which every model takes

/** In how many steps a model paints at a quality. */
export function stepsAt(quality: Quality, { default_steps }: Model): number {
  return Math.min(STEPS[1], Math.max(STEPS[0], Math.round(default_steps * SHARES[quality])));
}

type Chosen = Pick<Settings, "steps" | "guidance_scale">;

/** The numbers of a quality; what the model does by itself is left to it. */
export function settingsAt(quality: Quality, model: Model): Chosen {
  return { steps: quality === "normal" ? null : stepsAt(quality, model), guidance_scale: null };
}

/** The quality that the numbers stand for, or null. */
export function qualityOf({ steps, guidance_scale }: Chosen, model: Model): Quality | null {
  const isOwn = guidance_scale === null || guidance_scale === model.default_guidance_scale;
  const asked = steps ?? model.default_steps;
  return (isOwn && QUALITIES.find((quality) => stepsAt(quality, model) === asked)) || null;
}
