import type { Capability, Model } from "@/api/gen";
import { asClause } from "@/components/words";
import { TILING, UPSCALING, whyNoTiling } from "@/form/tiling";
import { t } from "@/i18n";
import { type EditTask, isGuided, usedControls, type Way } from "./task";

interface Words {
  name: string;
  /** What the button does. */
  verb: string;
  /** What this way does, in a sentence. */
  purpose: string;
  /** What the prompt is. */
  placeholder: string;
  /** What to say while there is no prompt; null where none is needed. */
  wanted: string | null;
  /** What a service that can do it calls it, or one of them. */
  features: readonly string[];
}

const DESCRIPTION = {
  placeholder: t("What should the finished picture show?"),
  wanted: t("Describe the finished picture first."),
};

/** What models and services call regions, and any kind of control: its own is `control.<kind>`. */
export const ENTITIES = "entities";
const CONTROL = "control";
const LAYERS = "layers";

export const WORDS: Record<Way, Words> = {
  instruct: {
    name: t("Instruct"),
    verb: t("Edit"),
    purpose: t("Changes the picture as you say."),
    placeholder: t("What should change? Say: make the circle green"),
    wanted: t("Say what to change first."),
    features: ["edit"],
  },
  inpaint: {
    name: t("Inpaint"),
    verb: t("Repaint"),
    purpose: t("Repaints what you paint over; everything else stays as it is."),
    features: ["inpaint"],
    ...DESCRIPTION,
  },
  extend: {
    name: t("Extend"),
    verb: t("Extend"),
    purpose: t("Continues the picture beyond its border."),
    features: ["outpaint"],
    ...DESCRIPTION,
  },
  combine: {
    name: t("Combine"),
    verb: t("Combine"),
    purpose: t("Makes one picture of several. Name them: Picture 1, Picture 2."),
    placeholder: t("Say: put the star of Picture 2 into Picture 1"),
    wanted: t("Say how to combine them first."),
    features: ["edit"],
  },
  restyle: {
    name: t("Restyle"),
    verb: t("Restyle"),
    purpose: t("Paints the whole picture over, as far as you let it."),
    features: ["image_to_image"],
    ...DESCRIPTION,
  },
  control: {
    name: t("Control"),
    verb: t("Paint"),
    purpose: t(
      "Paints a new picture that keeps to edges, depths or whatever a control image shows.",
    ),
    features: [CONTROL],
    ...DESCRIPTION,
  },
  entities: {
    name: t("Entities"),
    verb: t("Paint"),
    purpose: t("Paints a new picture part by part: draw where each thing is, and say what it is."),
    features: [ENTITIES],
    ...DESCRIPTION,
  },
  layers: {
    name: t("Layers"),
    verb: t("Separate"),
    purpose: t("Takes the picture apart into transparent layers that lie over each other."),
    placeholder: t("What does the picture show, with what is hidden in it?"),
    wanted: t("Describe the picture first."),
    features: [LAYERS],
  },
  upscale: {
    name: t("Upscale"),
    verb: t("Upscale"),
    purpose: t("Enlarges the picture and paints it finer, tile by tile."),
    placeholder: t("What does the picture show? May stay empty"),
    wanted: null,
    features: [UPSCALING],
  },
};

/** The capability that does it. */
export function serviceOf(way: Way): string {
  return way === "upscale" ? TILING : "edit";
}

/** The features that a run needs all of. */
export function needsOf(task: EditTask): string[] {
  if (task.way === "upscale") return []; // only models that can do it are offered
  if (!isGuided(task.way)) return [...WORDS[task.way].features];
  const started = { nothing: [], picture: ["image_to_image"], mask: ["inpaint"] }[task.start];
  const kinds = usedControls(task).map(({ kind }) => featureOf(kind));
  return [...kinds, ...(task.regions.length > 0 ? [ENTITIES] : []), ...started];
}

export function featureOf(kind: string): string {
  return `${CONTROL}.${kind}`;
}

/** The kinds of control that a service knows of, offered or not. */
export function kindsOf(service: Capability): string[] {
  const names = service.features.map(({ name }) => name.split("."));
  return names.flatMap(([family, kind]) => (family === CONTROL && kind ? [kind] : []));
}

/** The model that a run would use: the chosen one, or else the first that can do it. */
export function modelFor(task: EditTask, chosen: string | null, models: readonly Model[]) {
  const needs = needsOf(task);
  return choose(chosen, models, ({ features }) => needs.every((need) => features.includes(need)));
}

function choose(
  chosen: string | null,
  models: readonly Model[],
  isAble: (model: Model) => boolean,
): Model | undefined {
  return models.find(({ name }) => name === chosen) ?? models.find(isAble) ?? models[0];
}

/** A model with the defaults that it has for a way: instructions are to be followed less closely. */
export function fitted(way: Way, model: Model): Model {
  if (way !== "instruct" && way !== "combine") return model;
  return {
    ...model,
    default_guidance_scale: model.default_edit_guidance_scale,
    presets: (model.presets ?? []).map((preset) => ({
      ...preset,
      guidance_scale: preset.edit_guidance_scale,
    })),
  };
}

/** Why a way is not to be had from its service, in plain words; null when it is. */
export function whyOff(
  way: Way,
  service: Capability | undefined,
  chosen: string | null,
): string | null {
  if (way === "upscale") return whyNoTiling(service, UPSCALING);
  if (!service) return t("the edit service is not running");
  const serves = (name: string) => WORDS[way].features.some((one) => isKindOf(name, one));
  return whyNot(serves, service, (models) =>
    choose(chosen, models, ({ features }) => features.some(serves)),
  );
}

/** Why a model lacks a feature, in plain words; null when it has it. */
export function whyLacking(
  feature: string,
  service: Capability,
  model: Model | undefined,
): string | null {
  return whyNot(
    (name) => name === feature,
    service,
    () => model,
  );
}

function whyNot(
  serves: (feature: string) => boolean,
  service: Capability,
  pick: (models: readonly Model[]) => Model | undefined,
): string | null {
  const offers = service.features.filter(({ name }) => serves(name));
  const [first] = offers;
  if (!first) return t("this studio does not offer it");
  if (offers.every(({ enabled }) => !enabled))
    return asClause(first.reason ?? t("it is switched off"));
  const model = pick(service.models);
  return model?.features.some(serves)
    ? null
    : t("{{title}} cannot do it", { title: model?.title ?? t("no model") });
}

function isKindOf(feature: string, family: string): boolean {
  return feature === family || feature.startsWith(`${family}.`);
}
