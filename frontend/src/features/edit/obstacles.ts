import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { extended } from "@/canvas/geometry";
import { coverage, type Mask } from "@/canvas/mask";
import { type Obstacle, obstacles, outside } from "@/form/obstacles";
import { t } from "@/i18n";
import { controlledObstacles } from "./controlled-obstacles";
import { separationObstacles } from "./separation";
import {
  type EditTask,
  FEATHERS_PX,
  GROWTHS_PX,
  isGuided,
  type MaskEdge,
  STRENGTHS,
  usedPictures,
} from "./task";
import { upscaleObstacles } from "./upscale";
import { WORDS } from "./ways";

const MAX_PICTURES = 4;
const MARGIN_MULTIPLE_PX = 16;
const MAX_MARGIN_PX = 4096;

/** Everything but the form itself that a run depends on. */
export interface Circumstances {
  model: Model | undefined;
  /** Why the chosen way is not to be had. */
  off: string | null;
  /** Why the model lacks a feature; null when it has it. */
  whyLacking: (feature: string) => string | null;
  /** As painted over the first picture; null while none is asked for. */
  mask: Mask | null;
  /** Of each control that acts: made, on its way, or impossible for a reason. */
  controlImages: readonly ("made" | "pending" | Error)[];
}

/** Everything that keeps an edit from being sent; empty when it may go. */
export function editObstacles(
  draft: Settings,
  task: EditTask,
  circumstances: Circumstances,
): Obstacle[] {
  const { model, off, mask } = circumstances;
  const { name, wanted } = WORDS[task.way];
  const size = task.way === "upscale" ? null : task.size;
  const sized = { ...draft, width: size?.width ?? null, height: size?.height ?? null };
  return [
    off === null
      ? undefined
      : { field: null, message: t("{{name}} is off: {{reason}}.", { name, reason: off }) },
    isGuided(task.way) ? undefined : badPictures(task),
    ...(mask === null ? [] : [emptyMask(mask), ...badEdge(task.edge)]),
    task.way === "extend" ? badMargins(task, model) : undefined,
    task.way === "restyle"
      ? outside("strength", t("Strength"), task.strength, STRENGTHS)
      : undefined,
    ...(task.way === "layers" ? separationObstacles(task) : []),
    ...(isGuided(task.way) ? controlledObstacles(task, circumstances) : []),
    ...(task.way === "upscale" ? upscaleObstacles(task, model) : []),
    ...obstacles(sized, model, wanted),
  ].filter((obstacle) => obstacle !== undefined);
}

function badPictures(task: EditTask): Obstacle | undefined {
  const { length: count } = usedPictures(task);
  const missing = (message: string): Obstacle => ({ field: "images", message, isMissing: true });
  if (count === 0) return missing(t("Add a picture first."));
  if (task.way === "combine" && count === 1) return missing(t("Add a second picture first."));
  if (count <= MAX_PICTURES) return undefined;
  return {
    field: "images",
    message: t("There are {{pictures}} pictures; {{most}} fit. Remove {{surplus}}.", {
      pictures: count,
      most: MAX_PICTURES,
      surplus: count - MAX_PICTURES,
    }),
  };
}

function emptyMask(mask: Mask): Obstacle | undefined {
  if (coverage(mask) > 0) return undefined;
  return { field: "mask", message: t("Paint over what shall change first."), isMissing: true };
}

function badEdge({ feather_px, grow_px }: MaskEdge) {
  return [
    outside("mask_feather_px", t("Soft edge"), feather_px, FEATHERS_PX),
    outside("mask_grow_px", t("Grow"), grow_px, GROWTHS_PX),
  ];
}

function badMargins({ margins, pictures }: EditTask, model: Model | undefined) {
  const field = "outpaint";
  const sides = Object.values(margins);
  const bad = sides.find((side) => side % MARGIN_MULTIPLE_PX !== 0 || side > MAX_MARGIN_PX);
  if (bad !== undefined) {
    const allowed = t("use multiples of {{multiple}} up to {{most}}", {
      multiple: MARGIN_MULTIPLE_PX,
      most: MAX_MARGIN_PX,
    });
    return {
      field,
      message: t("A side grows by {{bad}}; {{allowed}}.", { bad, allowed }),
    } as const;
  }
  if (sides.every((side) => side === 0)) {
    return { field, message: t("Say how far to extend first."), isMissing: true } as const;
  }
  const [first] = pictures;
  if (!first || !model) return undefined;
  const { width, height } = extended(first, margins);
  const longer = Math.max(width, height);
  if (longer / Math.min(width, height) <= model.max_side_px / model.min_side_px) return undefined;
  return {
    field,
    message: t("{{width}} × {{height}} is too long and thin for this model.", { width, height }),
  } as const;
}
