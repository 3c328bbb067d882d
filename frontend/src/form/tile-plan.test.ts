import { expect, test } from "vitest";
import { paintedTiles, upscaledTiles } from "./tile-plan";

// What services/tiling/plan.py says of the same sizes.
const shapes = { width: 128, height: 128 };
const qwen = { width: 1328, height: 1328 };

test.each([
  [512, 256, 22],
  [512, 512, 35],
  [2048, 2048, 597],
  [256, 272, 10],
  [2048, 128, 32],
  [1024, 768, 115],
  [384, 688, 40],
])("the built-in model paints %i × %i in %i tiles", (width, height, tiles) => {
  expect(paintedTiles({ width, height }, shapes, 256)).toBe(tiles);
});

test.each([
  [2656, 2656, 10],
  [8192, 8192, 99],
  [8192, 1328, 12],
  [3536, 2000, 9],
])("a large model paints %i × %i in %i tiles", (width, height, tiles) => {
  expect(paintedTiles({ width, height }, qwen, 2048)).toBe(tiles);
});

test.each([
  [128, 128, 256, 256, 9],
  [128, 128, 1024, 1024, 155],
  [100, 75, 208, 144, 6],
  [40, 30, 80, 64, 2],
  [256, 256, 256, 256, 9],
])("%i × %i becomes %i × %i in %i tiles", (width, height, wider, higher, tiles) => {
  const source = { width, height };
  expect(upscaledTiles(source, { width: wider, height: higher }, shapes)).toBe(tiles);
});

test("a picture of one pixel comes to an end, too", () => {
  expect(upscaledTiles({ width: 1, height: 1 }, { width: 64, height: 64 }, shapes)).toBe(3);
});
