import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { followedJob, shownImage } from "./staged-job";

const done = aJob({ id: "1" });
const failed = aJob({ id: "2", status: "failed", images: [] });
const cancelled = aJob({ id: "3", status: "cancelled", images: [] });
const running = aJob({ id: "4", status: "running" });

test("the stage follows the work, then what ended last, and never a cancelled job", () => {
  expect(followedJob([running], [running, done])).toBe(running);
  expect(followedJob([], [cancelled, done])).toBe(done);
  expect(followedJob([], [cancelled, failed, done])).toBe(failed);
  expect(followedJob([], [])).toBeUndefined();
});

test("a job at work shows its preview until one of its images is picked", () => {
  expect(shownImage(running, null)).toBeUndefined();
  expect(shownImage(running, 0)).toBe(running.images[0]);
});

test("a finished job shows its first image when the picked one does not exist", () => {
  expect(shownImage(done, null)).toBe(done.images[0]);
  expect(shownImage(done, 9)).toBe(done.images[0]);
  expect(shownImage(failed, 0)).toBeUndefined();
});
