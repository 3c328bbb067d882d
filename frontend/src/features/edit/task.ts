import type { Model } from "@/api/gen";
import type { Picture } from "@/api/pictures";
import type { Margins, Size } from "@/canvas/geometry";
import type { Mark } from "@/canvas/mask";
import { sizeFor } from "@/form/size";
import { type ControlTask, FIRST_CONTROL, pictureOf } from "./controls";
import type { Region } from "./regions";

/** What can be done with a picture. */
export const EDIT_WAYS = [
  "instruct",
  "inpaint",
  "extend",
  "combine",
  "restyle",
  "upscale",
  "layers",
] as const;
/** The ways to a new picture that need more than words. */
export const GUIDED_WAYS = ["control", "entities"] as const;
export type EditWay = (typeof EDIT_WAYS)[number];
export type GuidedWay = (typeof GUIDED_WAYS)[number];
export type Way = EditWay | GuidedWay;

export function isGuided(way: Way): way is GuidedWay {
  return way === "control" || way === "entities";
}

/** What a picture under control starts from: noise, the first picture, or what surrounds a mask in it. */
export type Start = "nothing" | "picture" | "mask";

/** The least and the most of what is chosen by slider. */
export const STRENGTHS = [0.05, 1] as const;

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
  /** The first is the one that is changed; only instructions and controls use the others. */
  pictures: readonly Picture[];
  /** The mask over the first picture. */
  marks: readonly Mark[];
  edge: MaskEdge;
  margins: Margins;
  strength: number;
  /** How many times as long the sides of an enlarged picture are. */
  scale: number;
  /** How much of an enlarged picture is painted anew. */
  creativity: number;
  controls: readonly ControlTask[];
  regions: readonly Region[];
  start: Start;
  /** How far to leave what is started from. */
  startStrength: number;
  /** Into how many a picture is taken apart. */
  layerCount: number;
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
  scale: 2,
  creativity: 0.3,
  controls: [FIRST_CONTROL],
  regions: [],
  start: "nothing",
  startStrength: 0.6,
  layerCount: 4,
  size: null,
};

/** Other pictures; what belonged to the first goes with it. */
export function withPictures(task: EditTask, pictures: readonly Picture[]): EditTask {
  const isSameFirst = pictures[0]?.id === task.pictures[0]?.id;
  return isSameFirst ? { ...task, pictures } : { ...task, pictures, marks: [], size: null };
}

/** More pictures; where there is room for one only, the first of them takes the place of what was there. */
export function withAdded(task: EditTask, added: readonly Picture[]): EditTask {
  if (!welcomesSeveral(task.way)) return withPictures(task, added.slice(0, 1));
  const known = task.pictures.map(({ id }) => id);
  const more = [...task.pictures, ...added.filter(({ id }) => !known.includes(id))];
  // Whoever adds a second picture to an instruction wants to combine the two.
  const way = task.way === "instruct" && more.length > 1 ? "combine" : task.way;
  return { ...withPictures(task, more), way };
}

/** The pictures that the chosen way works on. */
export function usedPictures({ way, pictures }: EditTask): readonly Picture[] {
  return takesSeveral(way) ? pictures : pictures.slice(0, 1);
}

export function takesSeveral(way: Way): boolean {
  return way === "combine" || way === "control";
}

/** Whether several pictures may be brought at once. */
export function welcomesSeveral(way: Way): boolean {
  return takesSeveral(way) || way === "instruct";
}

/** Whether the result may have another size than the picture. */
export function isSized({ way, pictures }: EditTask): boolean {
  return isGuided(way) || ((way === "instruct" || way === "combine") && pictures.length > 0);
}

/** The controls that act: without a picture there is nothing to keep to. */
export function usedControls({ way, controls, pictures }: EditTask): readonly ControlTask[] {
  return way === "control" && pictures.length > 0 ? controls : [];
}

/** The picture whose mask is asked for, if one is. */
export function maskedPicture({ way, start, pictures }: EditTask): Picture | undefined {
  const isMasked = way === "inpaint" || (isGuided(way) && start === "mask");
  return isMasked ? pictures[0] : undefined;
}

/** The size of the result: the chosen one, or that of the picture which the service goes by. */
export function resultSize(task: EditTask, model: Model): Size {
  if (task.size) return task.size;
  const seen = leadingPicture(task);
  return seen ? sizeFor(seen, model) : { width: model.width, height: model.height };
}

function leadingPicture(task: EditTask): Picture | undefined {
  const { way, start, pictures } = task;
  if (!isGuided(way) || start !== "nothing") return pictures[0];
  const [control] = usedControls(task);
  return control && pictureOf(control, pictures);
}

/** What one draws over: where the run starts, or what it keeps to. */
export function groundOf(task: EditTask): Picture | undefined {
  return isGuided(task.way) ? leadingPicture(task) : task.pictures[0];
}

/** Whether there is something to be drawn on a canvas. */
export function usesCanvas(task: EditTask): boolean {
  return isGuided(task.way) || maskedPicture(task) !== undefined;
}
