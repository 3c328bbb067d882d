import type { Capability, Model } from "@/api/gen";
import type { Way } from "./task";

interface Words {
  name: string;
  /** What the button does. */
  verb: string;
  /** What this way does, in a sentence. */
  purpose: string;
  /** What the prompt is. */
  placeholder: string;
  /** What to say while there is no prompt. */
  wanted: string;
  /** What a service that can do it calls it. */
  feature: string;
}

const DESCRIPTION = {
  placeholder: "What should the finished picture show?",
  wanted: "Describe the finished picture first.",
};

export const WORDS: Record<Way, Words> = {
  instruct: {
    name: "Instruct",
    verb: "Edit",
    purpose: "Changes the first picture as you say. Others can be named: Picture 2, Picture 3.",
    placeholder: "What should change? Say: make the circle green",
    wanted: "Say what to change first.",
    feature: "edit",
  },
  inpaint: {
    name: "Inpaint",
    verb: "Repaint",
    purpose: "Repaints what you paint over; everything else stays as it is.",
    feature: "inpaint",
    ...DESCRIPTION,
  },
  extend: {
    name: "Extend",
    verb: "Extend",
    purpose: "Continues the picture beyond its border.",
    feature: "outpaint",
    ...DESCRIPTION,
  },
  restyle: {
    name: "Restyle",
    verb: "Restyle",
    purpose: "Paints the whole picture over, as far as you let it.",
    feature: "image_to_image",
    ...DESCRIPTION,
  },
  control: {
    name: "Control",
    verb: "Paint",
    purpose: "Paints a new picture along the edges of yours.",
    feature: "control.canny",
    ...DESCRIPTION,
  },
};

/** The model that a run would use: the chosen one, or else the first that can do it. */
export function modelFor(way: Way, chosen: string | null, models: readonly Model[]) {
  const able = models.find(({ features }) => features.includes(WORDS[way].feature));
  return models.find(({ name }) => name === chosen) ?? able ?? models[0];
}

/** A model with the defaults that it has for a way: instructions are to be followed less closely. */
export function fitted(way: Way, model: Model): Model {
  if (way !== "instruct") return model;
  return { ...model, default_guidance_scale: model.default_edit_guidance_scale };
}

/** Why a way is not to be had, in plain words; null when it is. */
export function whyOff(way: Way, service: Capability, chosen: string | null): string | null {
  const { feature } = WORDS[way];
  const offered = service.features.find(({ name }) => name === feature);
  if (!offered) return "this studio does not offer it";
  if (!offered.enabled) return offered.reason ?? "it is switched off";
  const model = modelFor(way, chosen, service.models);
  return model?.features.includes(feature) ? null : `${model?.title ?? "no model"} cannot do it`;
}
