import { expect, test } from "vitest";
import { nearestSide, RATIOS, ratioOfSize, sizeOfRatio } from "./size";

const small = { min_side_px: 64, max_side_px: 256, size_multiple_px: 16 };
const large = { min_side_px: 256, max_side_px: 2048, size_multiple_px: 16 };

test.each([
  ["1:1", 128, 128],
  ["4:3", 144, 112],
  ["3:2", 160, 112],
  ["16:9", 176, 96],
  ["9:16", 96, 176],
] as const)("a small model paints %s as %i × %i", (ratio, width, height) => {
  expect(sizeOfRatio(ratio, 128 * 128, small)).toEqual({ width, height });
});

test.each([...RATIOS])("a size made for %s is recognised as that ratio", (ratio) => {
  expect(ratioOfSize(sizeOfRatio(ratio, 1328 * 1328, large))).toBe(ratio);
  expect(ratioOfSize(sizeOfRatio(ratio, 128 * 128, small))).toBe(ratio);
});

test("a shape stays where the whole area does not fit", () => {
  expect(sizeOfRatio("16:9", 256 * 256, small)).toEqual({ width: 256, height: 144 });
  expect(sizeOfRatio("9:16", 256 * 256, small)).toEqual({ width: 144, height: 256 });
});

test("a size far from every ratio has none", () => {
  expect(ratioOfSize({ width: 256, height: 64 })).toBeNull();
});

test.each([
  [10, 64],
  [130, 128],
  [137, 144],
  [9999, 256],
])("the allowed side nearest to %i is %i", (side, expected) => {
  expect(nearestSide(side, small)).toBe(expected);
});
