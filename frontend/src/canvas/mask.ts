import { fillBlock, fillOutline } from "./fill";
import type { ImagePoint, Size } from "./geometry";

/** One movement of the brush. */
export interface Stroke {
  kind: "stroke";
  radius_px: number;
  erases: boolean;
  points: readonly ImagePoint[];
}

/** A rectangle between two corners. */
interface Block {
  kind: "block";
  from: ImagePoint;
  to: ImagePoint;
  erases: boolean;
}

/** What a closed line surrounds. */
interface Lasso {
  kind: "lasso";
  points: readonly ImagePoint[];
  erases: boolean;
}

/** One thing done to a mask. A mask is kept as what was done to it. */
export type Mark = Stroke | Block | Lasso | Painted | { kind: "invert" } | { kind: "clear" };

/** A whole mask: lengths of runs of pixels, row by row, kept and repainted in turn; the first may be 0. */
interface Painted {
  kind: "painted";
  runs: readonly number[];
}

export interface Mask extends Size {
  /** One byte a pixel, row by row: 255 is repainted, 0 is kept. */
  readonly pixels: Uint8Array;
}

/** A part of a mask, in its pixels. */
export interface Area extends Size {
  x: number;
  y: number;
}

const INSIDE = 255;

/** Draws a mask of a picture's own size from what was done to it. */
export function rasterise(marks: readonly Mark[], { width, height }: Size): Mask {
  const mask = { width, height, pixels: new Uint8Array(width * height) };
  for (const mark of marks) apply(mask, mark);
  return mask;
}

/** The mask with one thing more done to it; the one that was stays as it is. */
export function withMark(mask: Mask, mark: Mark): Mask {
  const copy = { ...mask, pixels: mask.pixels.slice() };
  apply(copy, mark);
  return copy;
}

const none = (): Mask => ({ width: 0, height: 0, pixels: new Uint8Array(0) });

/** Draws masks of one picture one after the other; what was only added to is not drawn anew. */
export function createRasteriser() {
  let last: { marks: readonly Mark[]; mask: Mask } = { marks: [], mask: none() };
  return (marks: readonly Mark[], size: Size): Mask => {
    const isSame = last.mask.width === size.width && last.mask.height === size.height;
    const begun = last.marks;
    const added = marks.at(-1);
    const isAdded =
      marks.length === begun.length + 1 && begun.every((mark, index) => mark === marks[index]);
    const mask = isSame && isAdded && added ? withMark(last.mask, added) : rasterise(marks, size);
    last = { marks, mask };
    return mask;
  };
}

function apply(mask: Mask, mark: Mark): void {
  switch (mark.kind) {
    case "clear":
      mask.pixels.fill(0);
      break;
    case "invert":
      for (let index = 0; index < mask.pixels.length; index++) {
        mask.pixels[index] = INSIDE - (mask.pixels[index] ?? 0);
      }
      break;
    case "painted":
      drawRuns(mask, mark.runs);
      break;
    case "block":
      fillBlock(mask, mark.from, mark.to, mark.erases ? 0 : INSIDE);
      break;
    case "lasso":
      fillOutline(mask, mark.points, mark.erases ? 0 : INSIDE);
      break;
    case "stroke":
      for (const index of mark.points.keys()) drawSegment(mask, mark, index);
  }
}

function drawRuns(mask: Mask, runs: readonly number[]): void {
  let start = 0;
  for (const [index, length] of runs.entries()) {
    mask.pixels.fill(index % 2 === 0 ? 0 : INSIDE, start, start + length);
    start += length;
  }
}

/** Keeps a whole mask, of which nobody knows how it was painted. */
export function toMark({ pixels }: Mask): Mark {
  const runs = [0];
  let value = 0;
  for (const pixel of pixels) {
    if (pixel !== value) runs.push(0);
    value = pixel;
    runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1;
  }
  return { kind: "painted", runs };
}

/** Draws the way of the brush to one of a stroke's points from the one before; returns what it may have changed. */
export function drawSegment(mask: Mask, stroke: Stroke, index: number): Area {
  const to = stroke.points[index];
  if (!to) return { x: 0, y: 0, width: 0, height: 0 };
  const from = stroke.points[index - 1] ?? to;
  const area = around(from, to, stroke.radius_px, mask);
  const value = stroke.erases ? 0 : INSIDE;
  const reach = stroke.radius_px ** 2;
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) {
      if (squaredDistance(x + 0.5, y + 0.5, from, to) <= reach) {
        mask.pixels[y * mask.width + x] = value;
      }
    }
  }
  return area;
}

function around(from: ImagePoint, to: ImagePoint, radius_px: number, { width, height }: Size) {
  const x = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius_px));
  const y = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius_px));
  const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + radius_px));
  const bottom = Math.min(height, Math.ceil(Math.max(from.y, to.y) + radius_px));
  return { x, y, width: Math.max(0, right - x), height: Math.max(0, bottom - y) };
}

function squaredDistance(x: number, y: number, from: ImagePoint, to: ImagePoint): number {
  const [across, down] = [to.x - from.x, to.y - from.y];
  const length = across ** 2 + down ** 2;
  const along = length === 0 ? 0 : ((x - from.x) * across + (y - from.y) * down) / length;
  const nearest = Math.min(1, Math.max(0, along));
  return (x - from.x - nearest * across) ** 2 + (y - from.y - nearest * down) ** 2;
}

/** Which part of the picture is inside, in [0, 1]. */
export function coverage({ pixels }: Mask): number {
  let count = 0;
  for (const value of pixels) if (value === INSIDE) count++;
  return count / pixels.length;
}
