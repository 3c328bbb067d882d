import { expect, test } from "vitest";
import { aTilingService } from "@/testing/capabilities";
import { shapesModel } from "@/testing/jobs";
import { PAINTING, tilingModels, tooThin, whyNoTiling } from "./tiling";

const off = { name: PAINTING, enabled: false, reason: null };

test.each([
  [undefined, "the tiling service is not running"],
  [
    aTilingService({ models: [], available: false, reason: "it does not answer" }),
    "it does not answer",
  ],
  [aTilingService({ features: [] }), "this studio does not offer it"],
  [aTilingService({ features: [off] }), "it is switched off"],
  [aTilingService({ features: [{ ...off, reason: "no weights" }] }), "no weights"],
  [
    aTilingService({ models: [{ ...shapesModel, features: ["edit"] }] }),
    "no installed model can do it",
  ],
  [aTilingService({ available: false, reason: "it is being restarted" }), null],
  [aTilingService(), null],
])("%# a service tells why there are no large pictures", (service, reason) => {
  expect(whyNoTiling(service, PAINTING)).toBe(reason);
});

test("only models that paint from words paint in tiles", () => {
  const editor = { ...shapesModel, name: "editor", features: ["edit"] };
  const service = aTilingService({ models: [editor, shapesModel] });
  expect(tilingModels(service)).toEqual([shapesModel]);
  expect(tilingModels(undefined)).toEqual([]);
});

test("sixteen to one is the thinnest that can be", () => {
  expect(tooThin({ width: 2048, height: 128 })).toBeUndefined();
  expect(tooThin({ width: 128, height: 2064 })).toEqual({
    field: "height",
    message: "128 × 2064 is too long and thin; at most 16 to 1 fits.",
  });
});
