import { expect, test } from "vitest";
import { type Fingers, fitted, frameOf, inSight, pinched, zoomedAt } from "./viewport";

const paper = { width: 100, height: 50 };
const board = { width: 424, height: 324 };

test("a paper is seen as a whole, in the middle", () => {
  const view = fitted(paper, board);
  expect(frameOf(view, paper)).toEqual({ left: 12, top: 62, width: 400, height: 200 });
});

test("a tiny paper is not blown up beyond measure", () => {
  expect(fitted({ width: 8, height: 8 }, board).scale).toBe(8);
});

test("what lies under the pointer stays there while one zooms", () => {
  const view = { left: 10, top: 20, scale: 2 };
  const point = { x: 50, y: 80 };
  const placeOf = ({ left, top, scale }: typeof view) => [
    (point.x - left) / scale,
    (point.y - top) / scale,
  ];
  expect(placeOf(zoomedAt(view, point, 3))).toEqual(placeOf(view));
  expect(zoomedAt(view, point, 3).scale).toBe(6);
});

test("one can zoom neither in nor out for ever", () => {
  const view = { left: 0, top: 0, scale: 1 };
  expect(zoomedAt(view, { x: 0, y: 0 }, 1e6).scale).toBe(32);
  expect(zoomedAt(view, { x: 0, y: 0 }, 1e-6).scale).toBe(0.02);
});

test("two fingers that part and move take the paper along", () => {
  const before: Fingers = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
  ];
  const after: Fingers = [
    { x: 100, y: 0 },
    { x: 120, y: 0 },
  ];
  expect(pinched({ left: 5, top: 0, scale: 1 }, before, after)).toEqual({
    left: 110,
    top: 0,
    scale: 2,
  });
});

test("a paper cannot be lost beyond the board", () => {
  const view = { left: -9999, top: 9999, scale: 1 };
  expect(inSight(view, paper, board)).toEqual({ left: -52, top: 276, scale: 1 });
});
