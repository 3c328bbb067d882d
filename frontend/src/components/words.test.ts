import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import {
  activityOf,
  asClause,
  fractionOf,
  placeInLine,
  remainingOf,
  spanInWords,
  titleOf,
} from "./words";

test.each([
  [0.4, "0 s"],
  [8.4, "8 s"],
  [59.6, "1 min"],
  [80, "1 min 20 s"],
  [2734, "46 min"],
  [3590, "1 h"],
  [7500, "2 h 5 min"],
])("%d seconds read as %s", (span, words) => {
  expect(spanInWords(span)).toBe(words);
});

test.each([
  [1, "next in line"],
  [2, "2nd in line"],
  [3, "3rd in line"],
  [11, "11th in line"],
  [22, "22nd in line"],
])("place %i reads as %s", (place, words) => {
  expect(placeInLine(place)).toBe(words);
});

test.each([
  [{ status: "queued", progress: { queue_position: 2, waiting_for: "memory" } }, "2nd in line"],
  [{ status: "running", progress: { waiting_for: "memory" } }, "Waiting: memory"],
  [
    { status: "queued", progress: { waiting_for: "the text-to-image service" } },
    "Waiting: the text-to-image service",
  ],
  [{ status: "running", progress: { stage: "loading" } }, "Loading the model"],
  [{ status: "running", progress: { stage: "denoising", step: 3 } }, "Step 3 of 20"],
  [
    {
      status: "running",
      progress: { stage: "denoising", step: 3, image_index: 1, image_count: 2 },
    },
    "Image 2 of 2, step 3 of 20",
  ],
  [
    {
      status: "running",
      progress: { stage: "denoising", step: 3, image_count: 4, images_at_once: 4 },
    },
    "Step 3 of 20",
  ],
  [
    { status: "running", progress: { stage: "denoising", step: 3, tile: 1, tile_count: 15 } },
    "Tile 2 of 15, step 3 of 20",
  ],
  [
    {
      status: "running",
      progress: { stage: "denoising", step: 0, image_count: 2, tile: 15, tile_count: 15 },
    },
    "Image 1 of 2, tile 15 of 15, step 0 of 20",
  ],
  [{ status: "cancelling", progress: { stage: "denoising" } }, "Stopping"],
] as const)("%o is told as %s", (change, words) => {
  expect(activityOf(aJob(change))).toBe(words);
});

test("the bar runs once over all images", () => {
  const progress = { step: 10, image_index: 1, image_count: 2 };
  expect(fractionOf(aJob({ status: "running", progress }))).toBe(0.75);
  expect(fractionOf(aJob({ progress: { total_steps: 0, step: 0 } }))).toBe(0);
});

test("the bar runs once over layers that are made together", () => {
  const progress = { step: 10, image_index: 4, image_count: 8, images_at_once: 4 };
  expect(fractionOf(aJob({ status: "running", progress }))).toBe(0.75);
});

test("the bar runs once over all tiles, between them too", () => {
  const progress = { step: 10, image_index: 1, image_count: 2, tile: 2, tile_count: 5 };
  expect(fractionOf(aJob({ status: "running", progress }))).toBe(0.75);
  const between = { step: 0, total_steps: 0, tile: 2, tile_count: 5 };
  expect(fractionOf(aJob({ status: "running", progress: between }))).toBe(0.4);
});

test("a job is called by its prompt, or by what was done", () => {
  expect(titleOf(aJob())).toBe("a red circle");
  expect(titleOf(aJob({ request: { prompt: " ", width: 512, height: 256 } }))).toBe(
    "Upscaled to 512 × 256",
  );
  expect(titleOf(aJob({ request: { prompt: "", scale: 2 } }))).toBe("Upscaled");
});

test("nothing is promised while the time is unknown or nearly over", () => {
  expect(remainingOf(aJob({ progress: { eta_s: 0.4 } }))).toBe("");
  expect(remainingOf(aJob())).toBe("");
  expect(remainingOf(aJob({ progress: { eta_s: 12 } }))).toBe("about 12 s");
});

test.each([
  [
    "The service is not answering; jobs start as soon as it does.",
    "the service is not answering; jobs start as soon as it does",
  ],
  ["no installed model can do it", "no installed model can do it"],
])("%s stands within a sentence as a clause", (sentence, clause) => {
  expect(asClause(sentence)).toBe(clause);
});
