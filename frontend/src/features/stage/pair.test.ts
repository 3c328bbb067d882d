import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { counterpartOf, latestOf, placeOf } from "./pair";

const extended = aJob({
  kind: "image-edit",
  request: { prompt: "more sky", images: ["a"], outpaint: { top: 64 } },
});
const other = { id: "b", url: "/images/b", width: 64, height: 64, seed: 1 };

test("a result is compared with what was picked, else with what it was made from", () => {
  expect(counterpartOf(aJob(), null)).toBeNull();
  expect(counterpartOf(aJob(), other)).toMatchObject({ src: "/images/b", isPicked: true });
  expect(counterpartOf(extended, null)).toMatchObject({ src: "/images/a", name: "Original" });
  expect(counterpartOf(extended, other)?.src).toBe("/images/b");
});

test("an original lies where it was extended from, once the size is known", () => {
  const original = counterpartOf(extended, null);
  if (!original) throw new Error("no original");
  const size = { width: 128, height: 192 };
  expect(placeOf(original, size, true)).toBeDefined();
  expect(placeOf(original, size, false)).toBeUndefined();
});

test("the latest results are one of each run that has any", () => {
  const jobs = [aJob({ id: "3", images: [] }), aJob({ id: "2" }), aJob({ id: "1" })];
  expect(latestOf(jobs, 1).map(({ job }) => job.id)).toEqual(["2"]);
  expect(latestOf(jobs, 5).map(({ job }) => job.id)).toEqual(["2", "1"]);
});
