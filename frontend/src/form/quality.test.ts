import { expect, test } from "vitest";
import { shapesModel } from "@/testing/jobs";
import { QUALITIES, qualityOf, settingsAt, stepsAt } from "./quality";

const withSteps = (default_steps: number) => ({ ...shapesModel, default_steps });

test.each([
  [2, [2, 2, 3]],
  [8, [4, 8, 13]],
  [20, [10, 20, 32]],
  [50, [25, 50, 80]],
  [90, [45, 90, 100]],
])("a model of %i steps is drafted in fewer and painted best in more", (steps, expected) => {
  expect(QUALITIES.map((quality) => stepsAt(quality, withSteps(steps)))).toEqual(expected);
});

test("a quality is known again by its numbers, whoever wrote them", () => {
  for (const quality of QUALITIES) {
    expect(qualityOf(settingsAt(quality, shapesModel), shapesModel)).toBe(quality);
  }
  const told = { steps: 20, guidance_scale: shapesModel.default_guidance_scale };
  expect(qualityOf(told, shapesModel)).toBe("normal");
});

test("own numbers are none of the qualities", () => {
  expect(qualityOf({ steps: 7, guidance_scale: null }, shapesModel)).toBeNull();
  expect(qualityOf({ steps: null, guidance_scale: 1 }, shapesModel)).toBeNull();
});

test("what is normal is left to the model", () => {
  expect(settingsAt("normal", shapesModel)).toEqual({ steps: null, guidance_scale: null });
});
