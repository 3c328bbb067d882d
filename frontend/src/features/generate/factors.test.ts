import { expect, test } from "vitest";
import { MAX_SIDE_PX } from "@/form/tiling";
import { aTilingService } from "@/testing/capabilities";
import { shapesModel } from "@/testing/jobs";
import { factorOfSize, factorsOf } from "./factors";
import { reachOf } from "./large";

const qwen = { ...shapesModel, width: 1328, height: 1328, min_side_px: 256, max_side_px: 2048 };
const reach = reachOf(shapesModel, aTilingService());
const none = reachOf(shapesModel, undefined);
const factors = (size: { width: number; height: number }, model = shapesModel, within = reach) =>
  factorsOf(size, model, within, MAX_SIDE_PX);

test("each factor keeps the shape", () => {
  expect(factors({ width: 176, height: 96 }).map(({ size }) => size)).toEqual([
    { width: 176, height: 96 },
    { width: 336, height: 192 },
    { width: 688, height: 384 },
    { width: 1360, height: 768 },
    { width: 2736, height: 1536 },
  ]);
});

test("what no tiles reach is not named", () => {
  expect(factors(qwen, qwen).map(({ factor }) => factor)).toEqual([1, 2, 4]);
});

test("what only tiles reach is off without them", () => {
  const offs = factors(shapesModel, shapesModel, none).map(({ isOff }) => isOff);
  expect(offs).toEqual([false, false, true, true, true]);
});

test("every offered size is recognised as its factor, others as none", () => {
  for (const size of [shapesModel, { width: 176, height: 96 }, { width: 96, height: 144 }]) {
    for (const { factor, size: offered } of factors(size)) {
      expect(factorOfSize(offered, shapesModel)).toBe(factor);
    }
  }
  expect(factorOfSize({ width: 512, height: 256 }, shapesModel)).toBeNull();
});
