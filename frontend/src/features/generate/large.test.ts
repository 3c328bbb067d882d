import { expect, test } from "vitest";
import { EMPTY_DRAFT } from "@/form/draft";
import { aTilingService } from "@/testing/capabilities";
import { shapesModel } from "@/testing/jobs";
import { isLarge, largeObstacles, reachOf, tilesOf, toTiled } from "./large";

const reach = reachOf(shapesModel, aTilingService());
const square = (side: number) => ({ width: side, height: side });

test("tiles reach beyond the model, which paints alone what it can", () => {
  expect(reach.limits).toEqual({ min_side_px: 64, max_side_px: 8192, size_multiple_px: 16 });
  expect(isLarge(square(256), shapesModel, reach)).toBe(false);
  expect(isLarge({ width: 272, height: 128 }, shapesModel, reach)).toBe(true);
  expect(tilesOf({ width: 512, height: 256 }, shapesModel)).toBe(22);
});

test("without tiles, or with another model's, the model's own limits hold", () => {
  const none = reachOf(shapesModel, undefined);
  expect(none.off).toBe("the tiling service is not running");
  expect(none.limits.max_side_px).toBe(256);
  expect(isLarge(square(512), shapesModel, none)).toBe(false);
  const others = aTilingService({ models: [{ ...shapesModel, name: "another" }] });
  expect(reachOf(shapesModel, others).off).toBe("Shapes cannot do it");
});

test("a service that is away for a while makes large pictures wait", () => {
  const away = reachOf(shapesModel, aTilingService({ available: false, reason: "it restarts" }));
  expect(away).toMatchObject({ off: null, waits: "it restarts" });
  expect(reach.waits).toBeNull();
});

test.each([
  [
    { width: 8208, height: 8192 },
    "width",
    "Width is 8208; painted in tiles of 128, it can be 128 to 8192.",
  ],
  [
    { width: 512, height: 64 },
    "height",
    "Height is 64; painted in tiles of 128, it can be 128 to 8192.",
  ],
  [{ width: 500, height: 512 }, "width", "Width is 500; it must be a multiple of 16 (try 496)."],
  [{ width: 4096, height: 128 }, "width", "4096 × 128 is too long and thin; at most 16 to 1 fits."],
])("%o is told at its field", (size, field, message) => {
  expect(largeObstacles(size, shapesModel, reach)).toEqual([{ field, message }]);
});

test("sizes up to the limits are fine", () => {
  expect(largeObstacles(square(8192), shapesModel, reach)).toEqual([]);
  expect(largeObstacles({ width: 2048, height: 128 }, shapesModel, reach)).toEqual([]);
});

test("a request for a large picture tells both sides, and a model only where one was meant", () => {
  const draft = { ...EMPTY_DRAFT, prompt: " a star ", width: 512, seed: 7, model: "shapes" };
  const size = { width: 512, height: 128 };
  const common = { prompt: "a star", seed: 7, count: 1, ...size };
  expect(toTiled(draft, size, null)).toEqual(common);
  expect(toTiled(draft, size, "shapes")).toEqual({ ...common, model: "shapes" });
});
