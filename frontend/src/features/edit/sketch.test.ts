import { expect, test } from "vitest";
import { coverage, type Mark } from "@/canvas/mask";
import { maskOf, type Region } from "./regions";
import { layerOf, MASK, marked, regionOf, type Sketch, sheetOf, stepsTo, takenUp } from "./sketch";

const paper = { width: 32, height: 16 };
const block: Mark = {
  kind: "block",
  from: { x: 0, y: 0 },
  to: { x: 16, y: 16 },
  erases: false,
};
const dot: Mark = { kind: "stroke", radius_px: 1, erases: false, points: [{ x: 30, y: 8 }] };
const rubber: Mark = { ...dot, erases: true };
const empty: Sketch = { marks: [], regions: [] };

const use = (sketch: Sketch, layer: string | null, mark: Mark, tool: "brush" | "box" = "brush") => {
  const step = marked(sketch, layer, mark, tool, paper);
  if (!step) throw new Error("nothing was drawn");
  return step;
};
const only = ({ regions }: Sketch): Region => {
  const [region, ...others] = regions;
  if (!region || others.length > 0) throw new Error(`${regions.length} regions`);
  return region;
};

test("what is drawn on the mask becomes part of it", () => {
  expect(use(empty, MASK, block, "box").sketch).toEqual({ marks: [block], regions: [] });
});

test("a box on the bare paper is a new region, and another one the next", () => {
  const first = use(empty, null, block, "box");
  expect(only(first.sketch)).toMatchObject({
    shape: "box",
    box: { left: 0, top: 0, right: 0.5, bottom: 1 },
  });
  const second = use(first.sketch, first.layer, block, "box");
  expect(second.sketch.regions.map(({ id }) => id)).toEqual([1, 2]);
  expect(second.layer).toBe(layerOf(2));
});

test("the brush begins a region of its own, and then goes on with it", () => {
  const first = use(empty, null, dot);
  expect(only(first.sketch)).toMatchObject({ shape: "mask", drawing: { marks: [dot] } });
  const second = use(first.sketch, first.layer, block, "box");
  expect(only(second.sketch).drawing.marks).toEqual([dot, block]);
});

test("a box that is painted over keeps its shape as the first thing painted", () => {
  const { sketch, layer } = use(empty, null, block, "box");
  const painted = only(use(sketch, layer, dot).sketch);
  expect(painted.shape).toBe("mask");
  expect(painted.drawing.marks).toEqual([block, dot]);
  expect(coverage(maskOf(painted.drawing))).toBeGreaterThan(0.5);
});

test("there is nothing to take away from the bare paper, nor room for a ninth region", () => {
  expect(marked(empty, null, rubber, "eraser", paper)).toBeNull();
  let full = empty;
  for (let count = 0; count < 8; count++) full = use(full, null, block, "box").sketch;
  expect(marked(full, null, block, "box", paper)).toBeNull();
  expect(sheetOf(full, null, null, paper)).toBeNull();
});

test("a click with the box tool is no region", () => {
  const click: Mark = { ...block, to: { x: 0.2, y: 0.2 } };
  expect(marked(empty, null, click, "box", paper)).toBeNull();
});

test("one draws on the selected layer, at its own size", () => {
  const region = only(use(empty, null, dot).sketch);
  const sketch = { marks: [], regions: [region] };
  expect(sheetOf(sketch, layerOf(1), null, { width: 64, height: 64 })?.mask).toBe(
    maskOf(region.drawing),
  );
  expect(regionOf(layerOf(1), sketch.regions)).toBe(region);
  expect(sheetOf(sketch, null, null, null)).toBeNull();
});

test("going back changes what was drawn, not what was written since", () => {
  const before = use(empty, null, block, "box").sketch;
  const region = { ...only(before), prompt: "a red star", box: { ...only(before).box, right: 1 } };
  const back = takenUp(before, { marks: [], regions: [region] });
  expect(only(back)).toMatchObject({ prompt: "a red star", box: { right: 0.5 } });
  expect(takenUp(empty, before)).toEqual(empty);
});

test("a mask that was there when the page was opened can be undone stroke by stroke", () => {
  expect(stepsTo({ marks: [block, dot], regions: [] })).toEqual([
    { marks: [], regions: [] },
    { marks: [block], regions: [] },
  ]);
});
