import type { Picture, Thresholds } from "@/api/pictures";
import type { Margins, Size } from "@/canvas/geometry";
import type { Mark } from "@/canvas/mask";

/** What can be done with a picture. */
export const WAYS = ["instruct", "inpaint", "extend", "restyle", "control"] as const;
export type Way = (typeof WAYS)[number];

/** What the control picture is: a photograph, whose edges are still to be drawn, or a drawing of edges. */
export type ControlSource = "photo" | "edges";

/** The least and the most of what is chosen by slider. */
export const STRENGTHS = [0.05, 1] as const;
export const SCALES = [0.05, 2] as const;

export const FEATHERS_PX = [0, 256] as const;
export const GROWTHS_PX = [-256, 256] as const;

/** What is done to a mask after it was painted, in pixels of its picture. */
export interface MaskEdge {
  /** Width of the soft edge. */
  feather_px: number;
  /** A negative one shrinks the mask. */
  grow_px: number;
}

/** The form of the edit mode, but for what it shares with every other run. */
export interface EditTask {
  way: Way;
  /** The first is the one that is changed; only instructions use the others. */
  pictures: readonly Picture[];
  /** The mask over the first picture. */
  marks: readonly Mark[];
  edge: MaskEdge;
  margins: Margins;
  strength: number;
  source: ControlSource;
  thresholds: Thresholds;
  scale: number;
  /** Of the result; null follows the picture. */
  size: Size | null;
}

export const EMPTY_TASK: EditTask = {
  way: "instruct",
  pictures: [],
  marks: [],
  // Nothing beyond what was painted changes, unless it is asked for.
  edge: { feather_px: 0, grow_px: 0 },
  margins: { left: 0, top: 0, right: 0, bottom: 0 },
  strength: 0.6,
  source: "photo",
  thresholds: { low: 100, high: 200 },
  scale: 1,
  size: null,
};

/** Other pictures; what belonged to the first goes with it. */
export function withPictures(task: EditTask, pictures: readonly Picture[]): EditTask {
  const isSameFirst = pictures[0]?.id === task.pictures[0]?.id;
  return isSameFirst ? { ...task, pictures } : { ...task, pictures, marks: [], size: null };
}

/** More pictures; where there is room for one only, the first of them takes the place of what was there. */
export function withAdded(task: EditTask, added: readonly Picture[]): EditTask {
  if (task.way !== "instruct") return withPictures(task, added.slice(0, 1));
  const known = task.pictures.map(({ id }) => id);
  return withPictures(task, [...task.pictures, ...added.filter(({ id }) => !known.includes(id))]);
}

/** The pictures that the chosen way works on. */
export function usedPictures({ way, pictures }: EditTask): readonly Picture[] {
  return way === "instruct" ? pictures : pictures.slice(0, 1);
}
