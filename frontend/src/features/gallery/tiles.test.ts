import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { gridIn, tileAfter, tilesOf } from "./tiles";

test("each image is a tile, and a job without one is none", () => {
  const image = { id: "a", url: "/images/a", width: 1, height: 1, seed: 1 };
  const two = aJob({ images: [image, { ...image, id: "b" }] });
  expect(tilesOf([two, aJob({ images: [] })]).map(({ index }) => index)).toEqual([0, 1]);
});

test.each([
  [328, 3],
  [752, 6],
  [100, 2],
])("in %i px there are %i columns that fill it", (width_px, columns) => {
  const grid = gridIn(width_px);
  expect(grid.columns).toBe(columns);
  expect(grid.side_px * columns + (columns - 1) * 8).toBeCloseTo(width_px);
});

test.each([
  ["ArrowRight", 0, 1],
  ["ArrowLeft", 0, 0],
  ["ArrowDown", 1, 5],
  ["ArrowDown", 7, 9],
  ["ArrowDown", 9, 9],
  ["ArrowUp", 5, 1],
  ["ArrowUp", 1, 1],
  ["Home", 7, 0],
  ["End", 0, 9],
  ["ArrowRight", 9, 9],
  ["Tab", 3, null],
] as const)("%s leads from tile %i to %s, of ten in four columns", (key, from, to) => {
  expect(tileAfter(key, from, 4, 10)).toBe(to);
});
