import type { ControlNetRequest, ImageEditRequest } from "@/api/gen";
import type { Order, Settings } from "@/api/job";
import type { Picture } from "@/api/pictures";
import type { Size } from "@/canvas/geometry";
import { type Mask, toMark } from "@/canvas/mask";
import { toRequest } from "@/form/draft";
import { readControl, toControl } from "./controls";
import { readEntity, toEntity } from "./regions";
import { type EditTask, EMPTY_TASK, type MaskEdge, usedControls } from "./task";
import { readUpscale } from "./upscale";

/** What the studio keeps of a form, by id. */
export interface Kept {
  /** The control images, in the order of the controls. */
  controls: readonly string[];
  /** The mask over the first picture. */
  mask: string | null;
  /** The painted masks of the regions, in their order; null for boxes. */
  regions: readonly (string | null)[];
}

/** The pictures and masks that an order names, looked at. */
export interface Seen {
  pictures: readonly Picture[];
  mask: Mask | null;
  regions: readonly (Mask | null)[];
  /** Of the result, on which boxes are told. */
  size: Size;
}

/** Writes the form as a request to edit; `mask` is the id of the painted one. */
export function toEdit(draft: Settings, task: EditTask, mask: string | null): ImageEditRequest {
  const common = toCommon(draft);
  const images = task.pictures.map(({ id }) => id);
  const first = images.slice(0, 1);
  switch (task.way) {
    case "inpaint":
      return { ...common, images: first, mask, ...toMaskEdge(task) };
    case "extend":
      return { ...common, images: first, outpaint: task.margins };
    case "restyle":
      return { ...common, images: first, strength: task.strength };
    case "combine":
      return { ...common, ...task.size, images };
    default:
      return { ...common, ...task.size, images: first };
  }
}

/** Writes the form as a request to paint under control. Boxes are told on `size`, that of the result. */
export function toControlled(
  draft: Settings,
  task: EditTask,
  kept: Kept,
  size: Size | undefined,
): ControlNetRequest {
  const entities = size
    ? task.regions.map((each, index) => toEntity(each, kept.regions[index] ?? null, size))
    : [];
  return {
    ...toCommon(draft),
    ...(entities.length > 0 ? size : task.size),
    controls: usedControls(task).map((each, index) => toControl(each, kept.controls[index] ?? "")),
    ...(entities.length > 0 && { entities }),
    ...toStart(task, kept.mask),
  };
}

function toStart(task: EditTask, mask: string | null) {
  const init_image = task.pictures[0]?.id;
  if (task.start === "nothing" || init_image === undefined) return {};
  const started = { init_image, strength: task.startStrength };
  return task.start === "mask" ? { ...started, mask, ...toMaskEdge(task) } : started;
}

// What a mask is anyway is left out.
function toMaskEdge({ edge: { feather_px, grow_px } }: EditTask) {
  return {
    ...(feather_px !== 0 && { mask_feather_px: feather_px }),
    ...(grow_px !== 0 && { mask_grow_px: grow_px }),
  };
}

type MaskedBody = Pick<ImageEditRequest, "mask_feather_px" | "mask_grow_px">;

function readMaskEdge({ mask_feather_px = 0, mask_grow_px = 0 }: MaskedBody): MaskEdge {
  return { feather_px: mask_feather_px, grow_px: mask_grow_px };
}

// The draft's size is that of pictures from nothing; an edit has its own, or the picture's.
function toCommon(draft: Settings) {
  return toRequest({ ...draft, width: null, height: null });
}

/** The ids of the pictures that an order works on, each once, and of its masks. */
export function imagesOf(order: Order) {
  const pictures = [...new Set(picturesOf(order))];
  if (order.kind === "text-to-image" || order.kind === "tiled") {
    return { pictures, mask: null, regions: [] };
  }
  const { mask = null, entities = [] } = order.body;
  return { pictures, mask, regions: entities.map(({ mask }) => mask ?? null) };
}

function picturesOf({ kind, body }: Order): string[] {
  switch (kind) {
    case "text-to-image":
      return [];
    case "image-edit":
      return body.images;
    case "controlnet": {
      const controls = (body.controls ?? []).map(({ image }) => image);
      return body.init_image ? [body.init_image, ...controls] : controls;
    }
    case "tiled":
      return body.image ? [body.image] : [];
  }
}

/** Reads an order back into the form. */
export function toTask({ kind, body }: Order, seen: Seen): EditTask {
  const { width, height } = body;
  const size = width && height ? { width, height } : null;
  const marks = seen.mask ? [toMark(seen.mask)] : [];
  const task = { ...EMPTY_TASK, pictures: seen.pictures, marks };
  if (kind === "text-to-image") return task;
  if (kind === "tiled") return { ...task, way: "upscale", ...readUpscale(body, seen.pictures[0]) };
  if (kind === "controlnet") return { ...task, size, ...readControlled(body, seen) };
  const { mask, outpaint, strength } = body;
  if (mask) return { ...task, way: "inpaint", edge: readMaskEdge(body) };
  if (outpaint) return { ...task, way: "extend", margins: { ...task.margins, ...outpaint } };
  if (strength) return { ...task, way: "restyle", strength };
  return { ...task, way: seen.pictures.length > 1 ? "combine" : "instruct", size };
}

function readControlled(body: ControlNetRequest, { regions, size }: Seen): Partial<EditTask> {
  const { controls = [], entities = [], init_image, mask, strength } = body;
  const numbered = entities.map((entity, i) => readEntity(entity, i + 1, regions[i] ?? null, size));
  return {
    way: controls.length > 0 ? "control" : "entities",
    controls: controls.map((control, index) => readControl(control, index + 1)),
    regions: numbered,
    start: mask ? "mask" : init_image ? "picture" : "nothing",
    startStrength: strength ?? (init_image ? 1 : EMPTY_TASK.startStrength),
    edge: readMaskEdge(body),
  };
}
