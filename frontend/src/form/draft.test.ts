import { expect, test } from "vitest";
import { drawSeed, EMPTY_DRAFT, toRequest } from "./draft";

test("a bare prompt leaves everything else to the model", () => {
  expect(toRequest({ ...EMPTY_DRAFT, prompt: "  a red circle " })).toEqual({
    prompt: "a red circle",
    count: 1,
  });
});

test("what was chosen is sent, a seed of zero included", () => {
  const draft = { ...EMPTY_DRAFT, prompt: "a star", width: 128, height: 96, steps: 8, seed: 0 };
  expect(toRequest(draft)).toEqual({
    prompt: "a star",
    width: 128,
    height: 96,
    steps: 8,
    seed: 0,
    count: 1,
  });
});

test("seeds are whole numbers of 32 bits", () => {
  expect(drawSeed(() => 0)).toBe(0);
  expect(drawSeed(() => 0.999_999_999_999)).toBe(2 ** 32 - 1);
});
