import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { t } from "@/i18n";
import { nearestSide, type SizeLimits } from "./size";

export type FieldName =
  | keyof Settings
  | "images"
  | "mask"
  | "mask_feather_px"
  | "mask_grow_px"
  | "outpaint"
  | "strength"
  | "init_image"
  | "image"
  | "scale"
  | "layers"
  | "controls"
  | "entities"
  | `controls.${number}`
  | `controls.${number}.${string}`
  | `entities.${number}`
  | `entities.${number}.${string}`;

/** One reason why a run cannot start, and the field that can change it. */
export interface Obstacle {
  field: FieldName | null;
  message: string;
  /** Nothing is wrong, something is still to come: told at the button only. */
  isMissing?: true;
}

// The API's own limits, which hold for every model.
const MAX_TEXT_LENGTH = 2000;
const MAX_SEED = Number.MAX_SAFE_INTEGER;

/** Everything that keeps a draft from being sent; empty when it may go. `wanted` asks for a missing prompt, null needs none. */
export function obstacles(
  draft: Settings,
  model: Model | undefined,
  wanted: string | null,
): Obstacle[] {
  return [
    wanted === null ? undefined : missingPrompt(draft.prompt, wanted),
    tooLong("prompt", t("The prompt"), draft.prompt),
    tooLong("negative_prompt", t("The list of what to avoid"), draft.negative_prompt),
    model && badSide("width", draft.width, model, t("this model paints")),
    model && badSide("height", draft.height, model, t("this model paints")),
    outside("steps", t("Steps"), draft.steps, [2, 100]),
    outside("guidance_scale", t("Guidance"), draft.guidance_scale, [1, 20]),
    outside("count", t("Images"), draft.count, [1, 16]),
    badSeed(draft.seed),
  ].filter((obstacle) => obstacle !== undefined);
}

function missingPrompt(prompt: string, wanted: string): Obstacle | undefined {
  return prompt.trim() === "" ? { field: "prompt", message: wanted, isMissing: true } : undefined;
}

function tooLong(field: FieldName, name: string, text: string): Obstacle | undefined {
  if (text.length <= MAX_TEXT_LENGTH) return undefined;
  return {
    field,
    message: t("{{name}} has {{length}} characters; {{most}} fit.", {
      name,
      length: text.length,
      most: MAX_TEXT_LENGTH,
    }),
  };
}

/** A side that is not allowed, if it is not; `reach` says who paints the sides that are. */
export function badSide(
  field: "width" | "height",
  side_px: number | null,
  limits: SizeLimits,
  reach: string,
): Obstacle | undefined {
  if (side_px === null) return undefined;
  const name = field === "width" ? t("Width") : t("Height");
  const nearest = nearestSide(side_px, limits);
  if (side_px === nearest) return undefined;
  const { min_side_px, max_side_px, size_multiple_px } = limits;
  if (side_px < min_side_px || side_px > max_side_px) {
    return {
      field,
      message: t("{{name}} is {{side}}; {{reach}} {{least}} to {{most}}.", {
        name,
        side: side_px,
        reach,
        least: min_side_px,
        most: max_side_px,
      }),
    };
  }
  return {
    field,
    message: t("{{name}} is {{side}}; it must be a multiple of {{multiple}} (try {{nearest}}).", {
      name,
      side: side_px,
      multiple: size_multiple_px,
      nearest,
    }),
  };
}

/** A number that is beyond its range, if it is. */
export function outside(
  field: FieldName,
  name: string,
  value: number | null,
  [least, most]: readonly [number, number],
): Obstacle | undefined {
  if (value === null || (value >= least && value <= most)) return undefined;
  return {
    field,
    message: t("{{name}} is {{value}}; choose {{least}} to {{most}}.", {
      name,
      value,
      least,
      most,
    }),
  };
}

function badSeed(seed: number | null): Obstacle | undefined {
  if (seed === null || (Number.isInteger(seed) && seed >= 0 && seed <= MAX_SEED)) return undefined;
  return {
    field: "seed",
    message: t("Seed is {{seed}}; choose a whole number from 0 to {{most}}.", {
      seed,
      most: MAX_SEED,
    }),
  };
}
