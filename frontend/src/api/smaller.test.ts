import { expect, test } from "vitest";
import { aJob, shapesModel } from "@/testing/jobs";
import { smallerOf } from "./smaller";

const asking = (kind: "text-to-image" | "tiled" | "controlnet", request: object) =>
  smallerOf(aJob({ kind, request: { prompt: "a star", ...request } }), shapesModel);

test("a smaller picture keeps its shape, on the sides that the model paints", () => {
  const smaller = asking("text-to-image", { width: 256, height: 128, seed: 7 });
  expect(smaller?.size).toEqual({ width: 192, height: 96 });
  expect(smaller?.order.body).toMatchObject({ width: 192, height: 96, seed: 7, prompt: "a star" });
});

test("a large picture keeps its size and is painted in smaller tiles", () => {
  const smaller = asking("tiled", { width: 1024, height: 1024, tile_size: 128, overlap: 64 });
  expect(smaller?.order.body).toMatchObject({ width: 1024, tile_size: 96, overlap: null });
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
])("nothing smaller is offered where %s", (_, request) => {
  expect(asking("controlnet", request)).toBeNull();
});
