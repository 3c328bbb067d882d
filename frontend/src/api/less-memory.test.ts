import { expect, test } from "vitest";
import { aJob, shapesModel } from "@/testing/jobs";
import { lessMemoryOf } from "./less-memory";

const model = { ...shapesModel, tiers: ["full", "nf4", "offload"] };
const asking = (kind: "text-to-image" | "tiled" | "controlnet", request: object) =>
  lessMemoryOf(aJob({ kind, request: { prompt: "a star", ...request } }), model);

test("what was asked for in one tier is asked for in the next one, at the same size", () => {
  const less = asking("text-to-image", { width: 256, height: 128, tier: "full", seed: 7 });
  expect(less).toMatchObject({ by: "tier", tier: "nf4" });
  expect(less?.order.body).toMatchObject({ tier: "nf4", width: 256, height: 128, seed: 7 });
});

test.each(["auto", "offload"])("after tier %s only a smaller picture is left", (tier) => {
  const less = asking("text-to-image", { width: 256, height: 128, tier, seed: 7 });
  expect(less).toMatchObject({ by: "size", width: 192, height: 96 });
  expect(less?.order.body).toMatchObject({ width: 192, height: 96, tier, seed: 7 });
});

test("a large picture keeps its size and is painted in smaller tiles", () => {
  const less = asking("tiled", { width: 1024, height: 1024, tile_size: 128, overlap: 64 });
  expect(less).toMatchObject({ by: "tiles", tile_size_px: 96 });
  expect(less?.order.body).toMatchObject({ width: 1024, tile_size: 96, overlap: null });
});

test.each([
  ["the size is not known", {}],
  ["the model paints nothing smaller", { width: 64, height: 64 }],
  [
    "regions are boxes on the size",
    {
      width: 256,
      height: 256,
      entities: [{ prompt: "a star", box: { left: 0, top: 0, right: 64, bottom: 64 } }],
    },
  ],
])("nothing less is offered where %s", (_, request) => {
  expect(asking("controlnet", request)).toBeNull();
});
