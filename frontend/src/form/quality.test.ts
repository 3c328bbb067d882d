import { expect, test } from "vitest";
import { shapesModel } from "@/testing/jobs";
import { EMPTY_DRAFT, numbersOf } from "./draft";
import { costOf, presetAt, type Quality, qualityOf, settingsAt, usualAt } from "./quality";

const QUALITIES: readonly Quality[] = ["draft", "normal", "best"];

test("a quality is what the model says of it", () => {
  const steps = QUALITIES.map((quality) => usualAt(quality, shapesModel).steps);
  expect(steps).toEqual([10, 20, 40]);
  expect(presetAt("draft", shapesModel)?.relative_seconds).toBe(0.5);
});

test("the numbers of a draft are those of its quality, or its own", () => {
  const draft = { ...EMPTY_DRAFT, ...settingsAt("best") };
  expect(numbersOf(draft, shapesModel)).toMatchObject({ steps: 40, guidance_scale: 4 });
  expect(numbersOf({ ...draft, steps: 7 }, shapesModel).steps).toBe(7);
});

test("a quality is known again, also with its numbers written out", () => {
  for (const quality of QUALITIES) {
    expect(qualityOf(settingsAt(quality), shapesModel)).toBe(quality);
    const told = { ...settingsAt(quality), ...usualAt(quality, shapesModel) };
    expect(qualityOf(told, shapesModel)).toBe(quality);
  }
});

test("own numbers are none of the qualities", () => {
  expect(qualityOf({ quality: null, steps: 7, guidance_scale: null }, shapesModel)).toBeNull();
  expect(qualityOf({ quality: "best", steps: null, guidance_scale: 1 }, shapesModel)).toBeNull();
});

test("what is normal is left to the model, and a model without presets to itself", () => {
  expect(settingsAt("normal")).toEqual({ quality: null, steps: null, guidance_scale: null });
  const plain = { ...shapesModel, presets: [] };
  expect(usualAt("draft", plain)).toEqual({ steps: 20, guidance_scale: 4 });
});

test.each([
  [1, null],
  [0.5, "about half the time"],
  [0.37, "about 0.37 times the time"],
  [2, "about 2 times the time"],
  [1.62, "about 1.6 times the time"],
])("%d of the normal time is said in words", (relative_seconds, words) => {
  expect(costOf({ relative_seconds })).toBe(words);
});
