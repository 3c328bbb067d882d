import { expect, test } from "vitest";
import { boxOf, directionOf } from "./gesture";

test("drawing spans the box between where the hand began and where it is", () => {
  const anchor = { x: 0.5, y: 0.5 };
  expect(boxOf({ kind: "draw", id: "a", anchor, at: { x: 0.25, y: 1 } })).toEqual({
    left: 0.25,
    top: 0.5,
    right: 0.5,
    bottom: 1,
  });
});

test("moving keeps the hand where it took hold of the box", () => {
  const box = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.5 };
  const gesture = { kind: "move", id: "a", box, from: { x: 0.5, y: 0.25 } } as const;
  expect(boxOf({ ...gesture, at: { x: 0.75, y: 0.5 } })).toEqual({
    left: 0.5,
    top: 0.5,
    right: 1,
    bottom: 0.75,
  });
});

test("only the arrow keys point somewhere", () => {
  expect(directionOf("ArrowUp")).toEqual({ x: 0, y: -1 });
  expect(directionOf("Enter")).toBeNull();
});
