import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { extended } from "@/canvas/geometry";
import { coverage, type Mask } from "@/canvas/mask";
import { type Obstacle, obstacles, outside } from "@/form/obstacles";
import {
  type EditTask,
  FEATHERS_PX,
  GROWTHS_PX,
  type MaskEdge,
  SCALES,
  STRENGTHS,
  usedPictures,
} from "./task";
import { WORDS } from "./ways";

const MAX_PICTURES = 4;
const MARGIN_MULTIPLE_PX = 16;
const MAX_MARGIN_PX = 4096;

/** Everything but the form itself that a run depends on. */
export interface Circumstances {
  model: Model | undefined;
  /** Why the chosen way is not to be had. */
  off: string | null;
  /** As painted over the first picture. */
  mask: Mask | null;
  /** The edges of a photograph: drawn, on their way, or impossible for a reason. */
  edges: "drawn" | "pending" | Error;
}

/** Everything that keeps an edit from being sent; empty when it may go. */
export function editObstacles(
  draft: Settings,
  task: EditTask,
  { model, off, mask, edges }: Circumstances,
): Obstacle[] {
  const { name, wanted } = WORDS[task.way];
  const sized = { ...draft, width: task.size?.width ?? null, height: task.size?.height ?? null };
  return [
    off === null ? undefined : { field: null, message: `${name} is off: ${off}.` },
    badPictures(usedPictures(task).length),
    ...(task.way === "inpaint" ? [emptyMask(mask), ...badEdge(task.edge)] : []),
    task.way === "extend" ? badMargins(task, model) : undefined,
    task.way === "restyle" ? outside("strength", "Strength", task.strength, STRENGTHS) : undefined,
    task.way === "control" ? missingEdges(task, edges) : undefined,
    task.way === "control" ? outside("scale", "Hold", task.scale, SCALES) : undefined,
    ...obstacles(sized, model, wanted),
  ].filter((obstacle) => obstacle !== undefined);
}

function badPictures(count: number): Obstacle | undefined {
  if (count === 0) return { field: "images", message: "Add a picture first.", isMissing: true };
  if (count <= MAX_PICTURES) return undefined;
  return {
    field: "images",
    message: `There are ${count} pictures; ${MAX_PICTURES} fit. Remove ${count - MAX_PICTURES}.`,
  };
}

function emptyMask(mask: Mask | null): Obstacle | undefined {
  if (mask === null || coverage(mask) > 0) return undefined;
  return { field: "mask", message: "Paint over what shall change first.", isMissing: true };
}

function badEdge({ feather_px, grow_px }: MaskEdge) {
  return [
    outside("mask_feather_px", "Soft edge", feather_px, FEATHERS_PX),
    outside("mask_grow_px", "Grow", grow_px, GROWTHS_PX),
  ];
}

function badMargins({ margins, pictures }: EditTask, model: Model | undefined) {
  const field = "outpaint";
  const sides = Object.values(margins);
  const bad = sides.find((side) => side % MARGIN_MULTIPLE_PX !== 0 || side > MAX_MARGIN_PX);
  if (bad !== undefined) {
    const allowed = `use multiples of ${MARGIN_MULTIPLE_PX} up to ${MAX_MARGIN_PX}`;
    return { field, message: `A side grows by ${bad}; ${allowed}.` } as const;
  }
  if (sides.every((side) => side === 0)) {
    return { field, message: "Say how far to extend first.", isMissing: true } as const;
  }
  const [first] = pictures;
  if (!first || !model) return undefined;
  const { width, height } = extended(first, margins);
  const longer = Math.max(width, height);
  if (longer / Math.min(width, height) <= model.max_side_px / model.min_side_px) return undefined;
  return { field, message: `${width} × ${height} is too long and thin for this model.` } as const;
}

function missingEdges({ source, pictures }: EditTask, edges: Circumstances["edges"]) {
  if (source !== "photo" || pictures.length === 0 || edges === "drawn") return undefined;
  const field = "controls";
  if (edges === "pending") {
    return { field, message: "The edges are being drawn.", isMissing: true } as const;
  }
  return { field, message: `The edges cannot be drawn: ${edges.message}` } as const;
}
