import { expect, test } from "vitest";
import { aJob } from "@/testing/jobs";
import { conditionsOf, EVERYTHING, finds, type Search, toQuery } from "./search";

const job = aJob({
  kind: "image-edit",
  batch: "b",
  created_at: new Date("2026-03-05T23:59:00").toISOString(),
  request: { prompt: "A Red circle", model: "shapes" },
});

test.each<[Partial<Search>, boolean]>([
  [{}, true],
  [{ words: "red CIRCLE" }, true],
  [{ words: "red star" }, false],
  [{ kinds: ["image-edit"] }, true],
  [{ kinds: ["tiled"] }, false],
  [{ states: ["failed"] }, false],
  [{ models: ["shapes"] }, true],
  [{ models: ["another"] }, false],
  [{ isFavourite: true }, false],
  [{ batch: "b" }, true],
  [{ batch: "c" }, false],
  [{ since: "2026-03-05", until: "2026-03-05" }, true],
  [{ since: "2026-03-06" }, false],
  [{ until: "2026-03-04" }, false],
])("%o finds the job: %s", (change, isFound) => {
  expect(finds({ ...EVERYTHING, ...change }, job)).toBe(isFound);
});

test("what waits is not history, unless it is asked for", () => {
  const waiting = aJob({ status: "queued" });
  expect(finds(EVERYTHING, waiting)).toBe(false);
  expect(finds({ ...EVERYTHING, states: ["queued"] }, waiting)).toBe(true);
  expect(toQuery(EVERYTHING).status).not.toContain("queued");
});

test("only what matters is sent, days as whole ones", () => {
  expect(Object.keys(toQuery(EVERYTHING))).toEqual(["status"]);
  const query = toQuery({
    ...EVERYTHING,
    words: " red ",
    since: "2026-03-28",
    until: "2026-03-29",
  });
  expect(query.q).toBe("red");
  expect(query.since).toBe(new Date(2026, 2, 28).toISOString());
  expect(query.until).toBe(new Date(2026, 2, 30).toISOString());
});

test("conditions that are not in sight are counted", () => {
  expect(conditionsOf({ ...EVERYTHING, words: "red", isFavourite: true })).toBe(0);
  const days = { since: "2026-01-01", until: "2026-01-02" };
  expect(conditionsOf({ ...EVERYTHING, kinds: ["tiled"], ...days })).toBe(2);
});
