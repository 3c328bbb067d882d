import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { announcement } from "./announcement";

test.each([
  ["queued", aJob({ status: "running" }), "Painting: a red circle"],
  ["running", aJob(), "Finished: a red circle"],
  ["cancelling", aJob({ status: "cancelled" }), "Cancelled: a red circle"],
  [
    "running",
    aJob({ status: "failed", error: { code: "OUT_OF_MEMORY", message: "Choose a smaller size." } }),
    "Failed: a red circle. Choose a smaller size.",
  ],
] as const)("a change from %s is told", (before, job, words) => {
  expect(announcement(before, job)).toBe(words);
});

test("a step forward and a job from before the page are not told", () => {
  expect(announcement("running", aJob({ status: "running" }))).toBeNull();
  expect(announcement(undefined, aJob())).toBeNull();
});
