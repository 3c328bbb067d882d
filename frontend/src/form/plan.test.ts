import { expect, test } from "vitest";
import type { Estimate } from "@/api/gen";
import { aJob } from "@/testing/jobs";
import { fitOf, type Outlook, planOf } from "./plan";

const queue = { total: 0, paused: false };
const running = aJob({ status: "running", progress: { eta_s: 12 } });
const plan = (part: Partial<Outlook>) => planOf({ active: [], queue, eta_s: null, ...part });

test("nothing is foretold while nothing is known", () => {
  expect(plan({ queue: undefined })).toBeNull();
});

test("an idle studio starts at once", () => {
  expect(plan({})).toBe("Starts at once.");
});

test("who is ahead is counted, with the time that they take where it is known", () => {
  expect(plan({ active: [running] })).toBe("1 job ahead, about 12 s.");
  expect(plan({ active: [running], queue: { ...queue, total: 2 }, eta_s: 80 })).toBe(
    "3 jobs ahead, about 1 min 20 s.",
  );
  expect(plan({ queue: { ...queue, total: 2 } })).toBe("2 jobs ahead.");
});

test("a queue that was paused keeps everything waiting", () => {
  expect(plan({ queue: { ...queue, paused: true }, active: [running] })).toBe(
    "Waits until the queue goes on.",
  );
});

const ESTIMATE: Estimate = {
  fit: "now",
  tier: "full",
  seconds: 14.2,
  peak_device_bytes: 1,
  peak_host_bytes: 1,
  measured: true,
  reason: "full keeps all weights on the device.",
  tiers: [],
};

test.each<[Partial<Estimate>, string]>([
  [{}, "Fits now (full), about 14 s."],
  [{ measured: false }, "Fits now (full), perhaps 14 s."],
  [{ fit: "after_switch", seconds: null, tier: "nf4" }, "Fits after a change of models (nf4)."],
  [{ fit: "after_wait" }, "Fits as soon as memory is free (full), about 14 s."],
  [{ fit: "never", tier: null, reason: "It needs 20 GB." }, "Does not fit: It needs 20 GB."],
])("what an estimate %o comes to is said in a few words", (part, words) => {
  expect(fitOf({ ...ESTIMATE, ...part })).toBe(words);
});
