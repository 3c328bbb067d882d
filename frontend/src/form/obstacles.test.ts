import { expect, test } from "vitest";
import { shapesModel } from "@/testing/jobs";
import { EMPTY_DRAFT } from "./draft";
import { obstacles } from "./obstacles";

const WANTED = "Describe the picture first.";
const draft = { ...EMPTY_DRAFT, prompt: "a red circle" };

test("a prompt is enough", () => {
  expect(obstacles(draft, shapesModel, WANTED)).toEqual([]);
});

test.each([
  [{ prompt: "  " }, "prompt", WANTED],
  [{ width: 100 }, "width", "Width is 100; it must be a multiple of 16 (try 96)."],
  [{ height: 512 }, "height", "Height is 512; this model paints 64 to 256."],
  [{ steps: 1 }, "steps", "Steps is 1; choose 2 to 100."],
  [{ guidance_scale: 0.5 }, "guidance_scale", "Guidance is 0.5; choose 1 to 20."],
  [{ count: 17 }, "count", "Images is 17; choose 1 to 16."],
  [{ seed: 0.5 }, "seed", "Seed is 0.5; choose a whole number from 0 to 9007199254740991."],
  [{ prompt: "x".repeat(2001) }, "prompt", "The prompt has 2001 characters; 2000 fit."],
])("%o stands in the way", (change, field, message) => {
  expect(obstacles({ ...draft, ...change }, shapesModel, WANTED)).toMatchObject([
    { field, message },
  ]);
});

test("every reason is named at once", () => {
  expect(
    obstacles({ ...draft, prompt: "", width: 100, steps: 0 }, shapesModel, WANTED),
  ).toHaveLength(3);
});

test("sizes are left to the service while its model is unknown", () => {
  expect(obstacles({ ...draft, width: 100 }, undefined, WANTED)).toEqual([]);
});
