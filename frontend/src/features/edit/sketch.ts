import { type Box, boxBetween, isDrawn } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { type Ink, MASK_INK, sheer } from "@/canvas/ink";
import type { Mark, Mask } from "@/canvas/mask";
import { colourOf } from "@/canvas/palette";
import type { Tool } from "@/canvas/pen";
import { changed, freeNumber } from "./list";
import {
  drawnOn,
  MAX_REGIONS,
  MIDDLE,
  maskOf,
  type Region,
  toDrawing,
  withRegion,
} from "./regions";
import type { EditTask } from "./task";

/** What is drawn on the canvas by hand. */
export type Sketch = Pick<EditTask, "marks" | "regions">;

export const MASK = "mask";

/** What a region is called among the layers. */
export function layerOf(region: number): string {
  return `region ${region}`;
}

/** The region that a layer is, if it is one. */
export function regionOf(layer: string | null, regions: readonly Region[]): Region | undefined {
  return regions.find(({ id }) => layerOf(id) === layer);
}

interface Sheet {
  mask: Mask;
  ink: Ink;
}

/** What the tools draw on: the mask, a region, or one that is to be; null where there is nothing. */
export function sheetOf(
  { regions }: Sketch,
  layer: string | null,
  mask: Mask | null,
  paper: Size | null,
): Sheet | null {
  if (layer === MASK) return mask && { mask, ink: MASK_INK };
  const region = regionOf(layer, regions);
  if (region) return { mask: groundOf(region), ink: sheer(colourOf(region.id)) };
  if (!paper || regions.length >= MAX_REGIONS) return null;
  return { mask: maskOf(blank(paper)), ink: sheer(colourOf(freeNumber(regions))) };
}

function groundOf({ shape, drawing }: Region): Mask {
  return maskOf(shape === "mask" ? drawing : blank(drawing.size));
}

let lastBlank = toDrawing({ width: 1, height: 1 });

function blank({ width, height }: Size) {
  const { size } = lastBlank;
  if (size.width !== width || size.height !== height) lastBlank = toDrawing({ width, height });
  return lastBlank;
}

interface Step {
  sketch: Sketch;
  /** The layer that is drawn on from now on. */
  layer: string | null;
}

/** The sketch once a tool was used on a layer; null where it changes nothing. `paper` is what regions lie on. */
export function marked(
  sketch: Sketch,
  layer: string | null,
  mark: Mark,
  tool: Tool,
  paper: Size,
): Step | null {
  const { marks, regions } = sketch;
  if (layer === MASK) return { sketch: { ...sketch, marks: [...marks, mark] }, layer };
  const region = regionOf(layer, regions);
  if (region?.shape === "mask") {
    const drawing = drawnOn(region.drawing, mark);
    return { sketch: { marks, regions: changed(regions, region.id, { drawing }) }, layer };
  }
  if (mark.kind === "block" && tool === "box" && !mark.erases) {
    return boxed(sketch, boxOf(mark, region?.drawing.size ?? paper), paper);
  }
  return region ? painted(sketch, region, mark) : begun(sketch, mark, paper);
}

/** A new box. */
function boxed({ marks, regions }: Sketch, box: Box, paper: Size): Step | null {
  if (!isDrawn(box) || regions.length >= MAX_REGIONS) return null;
  const more = withRegion(regions, box, paper);
  return { sketch: { marks, regions: more }, layer: layerOf(more.at(-1)?.id ?? 0) };
}

/** A box that is painted over: from now on it is what was painted, beginning with the box. */
function painted({ marks, regions }: Sketch, { id, box, drawing }: Region, mark: Mark): Step {
  const { size } = drawing;
  const [from, to] = [
    { x: box.left * size.width, y: box.top * size.height },
    { x: box.right * size.width, y: box.bottom * size.height },
  ];
  const before = drawnOn(toDrawing(size), { kind: "block", from, to, erases: false });
  const part = { shape: "mask", drawing: drawnOn(before, mark) } as const;
  return { sketch: { marks, regions: changed(regions, id, part) }, layer: layerOf(id) };
}

/** A new region that is painted from the beginning. */
function begun({ marks, regions }: Sketch, mark: Mark, paper: Size): Step | null {
  if (("erases" in mark && mark.erases) || regions.length >= MAX_REGIONS) return null;
  const more = withRegion(regions, MIDDLE, paper);
  const id = more.at(-1)?.id ?? 0;
  const part = { shape: "mask", drawing: drawnOn(toDrawing(paper), mark) } as const;
  return { sketch: { marks, regions: changed(more, id, part) }, layer: layerOf(id) };
}

function boxOf({ from, to }: Mark & { kind: "block" }, { width, height }: Size): Box {
  return boxBetween(
    { x: from.x / width, y: from.y / height },
    { x: to.x / width, y: to.y / height },
  );
}

/** An earlier sketch taken up again: what was written since then stays. */
export function takenUp(earlier: Sketch, now: Sketch): Sketch {
  const regions = earlier.regions.map((region) => {
    const known = now.regions.find(({ id }) => id === region.id);
    return known ? { ...region, name: known.name, prompt: known.prompt } : region;
  });
  return { marks: earlier.marks, regions };
}

/** The sketches from which one was drawn, as far as it tells. */
export function stepsTo({ marks, regions }: Sketch): Sketch[] {
  return marks.map((_, index) => ({ marks: marks.slice(0, index), regions }));
}
