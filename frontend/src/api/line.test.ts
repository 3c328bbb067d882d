import { expect, test } from "vitest";
import { movedTo, placeAfter, toldOf } from "./line";

const LINE = ["a", "b", "c", "d"];

test.each([
  ["up", 2, 1],
  ["up", 0, 0],
  ["down", 2, 3],
  ["down", 3, 3],
  ["first", 2, 0],
  ["last", 1, 3],
] as const)("moved %s from place %i a job is at %i", (move, place, after) => {
  expect(placeAfter(move, place, LINE.length)).toBe(after);
});

test("a job is put between others", () => {
  expect(movedTo(LINE, 3, 1)).toEqual(["a", "d", "b", "c"]);
  expect(movedTo(LINE, 0, 2)).toEqual(["b", "c", "a", "d"]);
  expect(movedTo(LINE, 1, 1)).toEqual(LINE);
});

test("no more is told of an order than what has changed in it", () => {
  expect(toldOf(LINE, ["a", "c", "b", "d"])).toEqual(["a", "c", "b"]);
  expect(toldOf(LINE, ["d", "a", "b", "c"])).toEqual(["d", "a", "b", "c"]);
  expect(toldOf(LINE, LINE)).toEqual([]);
});
