import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import {
  describesResult,
  dropFromHistory,
  inQueueOrder,
  isFinal,
  mergeIntoActive,
  mergeIntoHistory,
  originalOf,
  settingsOf,
} from "./job";

const page = (...ids: string[]) => ({ jobs: ids.map((id) => aJob({ id })), next_cursor: null });
const idsOf = (pages: { jobs: { id: string }[] }[]) =>
  pages.map(({ jobs }) => jobs.map(({ id }) => id));

test("a snapshot takes the place of the older one, on whatever page", () => {
  const merged = mergeIntoHistory([page("5", "4"), page("3")], aJob({ id: "3", status: "failed" }));
  expect(idsOf(merged)).toEqual([["5", "4"], ["3"]]);
  expect(merged[1]?.jobs[0]?.status).toBe("failed");
});

test("an unknown job goes where its age puts it, if that was fetched", () => {
  const onwards = { ...page("5", "3"), next_cursor: "3" };
  expect(idsOf(mergeIntoHistory([onwards], aJob({ id: "6" })))).toEqual([["6", "5", "3"]]);
  expect(idsOf(mergeIntoHistory([onwards], aJob({ id: "4" })))).toEqual([["5", "4", "3"]]);
  expect(idsOf(mergeIntoHistory([onwards], aJob({ id: "1" })))).toEqual([["5", "3"]]);
  expect(idsOf(mergeIntoHistory([page("5", "3")], aJob({ id: "1" })))).toEqual([["5", "3", "1"]]);
  expect(idsOf(mergeIntoHistory([page()], aJob({ id: "1" })))).toEqual([["1"]]);
});

test("pages that a job is not on stay the very same", () => {
  const pages = [page("5", "4"), page("3")];
  expect(mergeIntoHistory(pages, aJob({ id: "3" }))[0]).toBe(pages[0]);
  expect(dropFromHistory(pages, ["3"])[0]).toBe(pages[0]);
});

test("jobs that are no more are on no page", () => {
  expect(idsOf(dropFromHistory([page("5", "4"), page("3")], ["5", "3"]))).toEqual([["4"], []]);
});

test("the list of unfinished jobs gains, updates and loses jobs", () => {
  const queued = aJob({ id: "1", status: "queued" });
  const running = aJob({ id: "1", status: "running" });
  expect(mergeIntoActive([], queued)).toEqual([queued]);
  expect(mergeIntoActive([queued], running)).toEqual([running]);
  expect(mergeIntoActive([running], aJob({ id: "1" }))).toEqual([]);
});

test("running jobs come first, then the line as the studio orders it", () => {
  const queued = (id: string) => aJob({ id, status: "queued", progress: { queue_position: 9 } });
  const jobs = [queued("2"), queued("3"), aJob({ id: "4", status: "running" })];
  const ordered = inQueueOrder(jobs, ["3", "2"]);
  expect(ordered.map(({ id }) => id)).toEqual(["4", "3", "2"]);
  expect(ordered.map(({ progress }) => progress.queue_position)).toEqual([null, 1, 2]);
});

test("what the line says of waiting jobs is told of them, and who else is before them", () => {
  const active = [aJob({ id: "2", status: "queued" }), aJob({ id: "3", status: "queued" })];
  const line = [
    aJob({ id: "3", status: "queued", progress: { queue_position: 3, eta_s: 40 } }),
    aJob({ id: "2", status: "queued", progress: { queue_position: 4, waiting_for: "paint" } }),
  ];
  const told = inQueueOrder(active, [], line).map(({ id, progress }) => [
    id,
    progress.queue_position,
    progress.eta_s,
    progress.waiting_for,
  ]);
  expect(told).toEqual([
    ["3", 3, 40, null],
    ["2", 4, null, "paint"],
  ]);
});

test("a job is over when it succeeded, failed or was cancelled", () => {
  const over = (["succeeded", "failed", "cancelled"] as const).map((status) =>
    isFinal(aJob({ status })),
  );
  const open = (["queued", "running", "cancelling"] as const).map((status) =>
    isFinal(aJob({ status })),
  );
  expect([over, open]).toEqual([
    [true, true, true],
    [false, false, false],
  ]);
});

test("settings are read from a request, and what is missing or odd is left open", () => {
  const settings = settingsOf(aJob({ request: { prompt: "a star", width: "wide", seed: 3 } }));
  expect(settings).toMatchObject({ prompt: "a star", width: null, seed: 3, count: 1, model: null });
});

test("layers are shown beside the picture that was taken apart", () => {
  const job = aJob({ kind: "layers", request: { prompt: "a poster", image: "whole", layers: 3 } });
  expect(originalOf(job)).toEqual({ id: "whole", name: "Original", margins: null });
});

test("a picture that was enlarged is shown beside its original, one from words is not", () => {
  const enlarged = aJob({ kind: "tiled", request: { prompt: "", image: "small", scale: 2 } });
  expect(originalOf(enlarged)).toEqual({ id: "small", name: "Original", margins: null });
  expect(originalOf(aJob({ kind: "tiled" }))).toBeNull();
});

test.each([
  ["text-to-image", {}, true],
  ["tiled", {}, true],
  ["controlnet", {}, true],
  ["image-edit", { images: ["1"] }, false],
  ["image-edit", { images: ["1"], mask: "2" }, true],
  ["image-edit", { images: ["1"], strength: 0.5 }, true],
  ["layers", { image: "1" }, false],
] as const)("whether the prompt of %s with %o says what is to be seen", (kind, request, does) => {
  expect(describesResult(aJob({ kind, request: { prompt: "a star", ...request } as never }))).toBe(
    does,
  );
});
