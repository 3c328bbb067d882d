import type { Entity } from "@/api/gen";
import { type Box, fromPixels, inPixels } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { type Mark, type Mask, rasterise, toMark, withMark } from "@/canvas/mask";
import { t } from "@/i18n";
import { freeNumber } from "./list";

/** What was painted, and on a picture of which size. */
export interface Drawing {
  size: Size;
  marks: readonly Mark[];
}

/** A part of the picture with a prompt of its own. */
export interface Region {
  /** Its colour goes by it. */
  id: number;
  name: string;
  prompt: string;
  /** Which of the two it is; the other is kept for when the mind is changed. */
  shape: "box" | "mask";
  box: Box;
  drawing: Drawing;
}

export const MAX_REGIONS = 8;
export const MAX_REGION_PROMPT_LENGTH = 500;

/** In the middle, for who does not draw by hand. */
export const MIDDLE: Box = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 };

/** One more region. `size` is that of the picture. */
export function withRegion(regions: readonly Region[], box: Box, size: Size): Region[] {
  const id = freeNumber(regions);
  return [...regions, { ...toRegion(id), box, drawing: toDrawing(size) }];
}

function toRegion(id: number): Omit<Region, "drawing"> {
  return { id, name: t("Region {{id}}", { id }), prompt: "", shape: "box", box: MIDDLE };
}

/** What a region is called, also while its name is being retyped. */
export function nameOf({ id, name }: Region): string {
  return name.trim() || t("Region {{id}}", { id });
}

/** A drawing of which nothing is painted yet. */
export function toDrawing({ width, height }: Size): Drawing {
  return { size: { width, height }, marks: [] };
}

const masks = new WeakMap<Drawing, Mask>();

/** What was painted, as a mask; it is worked out once. */
export function maskOf(drawing: Drawing): Mask {
  const mask = masks.get(drawing) ?? rasterise(drawing.marks, drawing.size);
  masks.set(drawing, mask);
  return mask;
}

/** A drawing with one thing more done to it. */
export function drawnOn(drawing: Drawing, mark: Mark): Drawing {
  const more = { ...drawing, marks: [...drawing.marks, mark] };
  masks.set(more, withMark(maskOf(drawing), mark)); // only what was added has to be drawn
  return more;
}

/** Writes a region as the API takes it. `mask` is the id of the painted one, `size` that of the result. */
export function toEntity({ prompt, shape, box }: Region, mask: string | null, size: Size): Entity {
  const place = shape === "mask" ? { mask } : { box: inPixels(box, size) };
  return { prompt: prompt.trim(), ...place };
}

/** Reads a region back into the form. `painted` is its mask, `size` that of the result. */
export function readEntity(entity: Entity, id: number, painted: Mask | null, size: Size): Region {
  const { prompt, box } = entity;
  return {
    ...toRegion(id),
    prompt,
    shape: box ? "box" : "mask",
    box: box ? fromPixels(box, size) : MIDDLE,
    drawing: painted ? { size: sizeOf(painted), marks: [toMark(painted)] } : { size, marks: [] },
  };
}

function sizeOf({ width, height }: Size): Size {
  return { width, height };
}
