import { expect, test } from "vitest";
import {
  boxBetween,
  cornerOpposite,
  fromPixels,
  inPixels,
  isDrawn,
  movedBy,
  stretchedBy,
  toSpot,
} from "./box";

const box = { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 };

test("a place on the screen is a share of the picture, however large it is drawn", () => {
  const frame = { left: 20, top: 50, width: 400, height: 200 };
  expect(toSpot({ x: 120, y: 150 }, frame)).toEqual({ x: 0.25, y: 0.5 });
});

test("a box may be drawn from any of its corners, and ends with the picture", () => {
  expect(boxBetween({ x: 0.5, y: 0.5 }, { x: 0.25, y: 0.75 })).toEqual(box);
  expect(boxBetween({ x: 0.5, y: 1.5 }, { x: -3, y: 0.5 })).toEqual({
    left: 0,
    top: 0.5,
    right: 0.5,
    bottom: 1,
  });
});

test("a corner is drawn while the opposite one stays", () => {
  const still = cornerOpposite(box, { x: "left", y: "bottom" });
  expect(still).toEqual({ x: 0.5, y: 0.5 });
  expect(boxBetween(still, { x: 0.25, y: 0.75 })).toEqual(box);
});

test("a box moves without changing its size, and stops at the border", () => {
  expect(movedBy(box, { x: 0.25, y: -0.25 })).toEqual({
    left: 0.5,
    top: 0.25,
    right: 0.75,
    bottom: 0.5,
  });
  expect(movedBy(box, { x: -1, y: 1 })).toEqual({ left: 0, top: 0.75, right: 0.25, bottom: 1 });
});

test("a box can be stretched to the border, and shrunk to what can still be seen", () => {
  expect(stretchedBy(box, { x: 2, y: 0 })).toEqual({ ...box, right: 1 });
  const shrunk = stretchedBy(box, { x: -2, y: -2 });
  expect(shrunk).toMatchObject({ left: 0.25, top: 0.5 });
  expect(isDrawn(shrunk)).toBe(true);
});

test("a click is no box", () => {
  expect(isDrawn(boxBetween({ x: 0.3, y: 0.3 }, { x: 0.305, y: 0.9 }))).toBe(false);
  expect(isDrawn(box)).toBe(true);
});

test("pixels that were typed come back as they were", () => {
  const size = { width: 176, height: 96 };
  const typed = { left: 17, top: 5, right: 101, bottom: 95 };
  expect(inPixels(fromPixels(typed, size), size)).toEqual(typed);
  expect(inPixels(box, { width: 128, height: 64 })).toEqual({
    left: 32,
    top: 32,
    right: 64,
    bottom: 48,
  });
});
