import type { ControlNetRequest, ImageEditRequest } from "@/api/gen";
import type { Order, Settings } from "@/api/job";
import type { Picture } from "@/api/pictures";
import type { Mark } from "@/canvas/mask";
import { toRequest } from "@/form/draft";
import { type EditTask, EMPTY_TASK, type MaskEdge } from "./task";

type MaskedBody = Pick<ImageEditRequest, "mask_feather_px" | "mask_grow_px">;

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
    default:
      return { ...common, ...task.size, images };
  }
}

// What a mask is anyway is left out.
function toMaskEdge({ edge: { feather_px, grow_px } }: EditTask) {
  return {
    ...(feather_px !== 0 && { mask_feather_px: feather_px }),
    ...(grow_px !== 0 && { mask_grow_px: grow_px }),
  };
}

function readMaskEdge({ mask_feather_px = 0, mask_grow_px = 0 }: MaskedBody): MaskEdge {
  return { feather_px: mask_feather_px, grow_px: mask_grow_px };
}

/** Writes the form as a request to paint under control; `control` is the id of the control image. */
export function toControl(draft: Settings, task: EditTask, control: string): ControlNetRequest {
  const controls = [{ image: control, kind: "canny", scale: task.scale }];
  return { ...toCommon(draft), ...task.size, controls };
}

// The draft's size is that of pictures from nothing; an edit has its own, or the picture's.
function toCommon(draft: Settings) {
  return toRequest({ ...draft, width: null, height: null });
}

/** The ids of the pictures that an order works on, and of its mask. */
export function imagesOf({ kind, body }: Order): { pictures: string[]; mask: string | null } {
  if (kind === "image-edit") return { pictures: body.images, mask: body.mask ?? null };
  const control = kind === "controlnet" ? body.controls?.[0] : undefined;
  return { pictures: control ? [control.image] : [], mask: null };
}

/** Reads an order back into the form. */
export function toTask(
  { kind, body }: Order,
  pictures: readonly Picture[],
  marks: readonly Mark[],
): EditTask {
  const { width, height } = body;
  const size = width && height ? { width, height } : null;
  const task = { ...EMPTY_TASK, pictures, marks };
  if (kind === "controlnet") {
    const { scale, preprocess } = body.controls?.[0] ?? {};
    const source = preprocess ? "photo" : "edges";
    return { ...task, way: "control", source, scale: scale ?? task.scale, size };
  }
  if (kind === "text-to-image") return task;
  const { mask, outpaint, strength } = body;
  if (mask) return { ...task, way: "inpaint", edge: readMaskEdge(body) };
  if (outpaint) return { ...task, way: "extend", margins: { ...task.margins, ...outpaint } };
  if (strength) return { ...task, way: "restyle", strength };
  return { ...task, way: "instruct", size };
}
