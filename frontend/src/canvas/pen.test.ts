import { expect, test } from "vitest";
import { rasterise } from "./mask";
import { markOf, outlineOf, type Pen, resized } from "./pen";

const at = (x: number, y: number) => ({ x, y });
const pen = (tool: Pen["tool"], ...points: Pen["points"]): Pen => ({
  tool,
  radius_px: 1,
  erases: false,
  points,
});
const size = { width: 8, height: 4 };

function drawn(...pens: Pen[]): string[] {
  const marks = pens.map(markOf).filter((mark) => mark !== null);
  const { pixels } = rasterise(marks, size);
  const rows = Array.from({ length: size.height }, (_, y) => pixels.slice(y * 8, y * 8 + 8));
  return rows.map((row) => [...row].map((value) => (value ? "#" : ".")).join(""));
}

test("a box is filled between its corners, whichever comes first", () => {
  const filled = ["........", ".####...", ".####...", "........"];
  expect(drawn(pen("box", at(1, 1), at(5, 3)))).toEqual(filled);
  expect(drawn(pen("box", at(5, 3), at(1, 1)))).toEqual(filled);
});

test("a lasso fills what it surrounds", () => {
  expect(drawn(pen("lasso", at(0, 0), at(8, 0), at(0, 8)))).toEqual([
    "#######.",
    "######..",
    "#####...",
    "####....",
  ]);
});

test("a lasso that crosses itself leaves the part that is surrounded twice", () => {
  const outer = [at(0, 0), at(8, 0), at(8, 4), at(0, 4), at(0, 0)];
  const inner = [at(2, 1), at(6, 1), at(6, 3), at(2, 3), at(2, 1)];
  expect(drawn(pen("lasso", ...outer, ...inner))).toEqual([
    "########",
    "##....##",
    "##....##",
    "########",
  ]);
});

test("boxes and lassos take away, too, and end where the picture ends", () => {
  const all = pen("box", at(-5, -5), at(50, 50));
  const hole = { ...pen("box", at(2, 1), at(9, 3)), erases: true };
  expect(drawn(all, hole)).toEqual(["########", "##......", "##......", "########"]);
});

test("a click with box or lasso draws nothing, one with the brush draws a dot", () => {
  expect(markOf(pen("box", at(3, 3), at(4, 4)))).toBeNull();
  expect(markOf(pen("lasso", at(3, 3), at(4, 4)))).toBeNull();
  expect(drawn(pen("brush", at(2, 2)))).toEqual(["........", ".##.....", ".##.....", "........"]);
});

test("what is about to be filled has an outline", () => {
  expect(outlineOf(pen("box", at(1, 2), at(5, 6)))).toEqual([
    at(1, 2),
    at(5, 2),
    at(5, 6),
    at(1, 6),
  ]);
  expect(outlineOf(pen("brush", at(1, 2), at(5, 6)))).toEqual([]);
});

test("a brush grows and shrinks by at least a pixel, and never to nothing", () => {
  expect([resized(1, -1), resized(1, 1), resized(100, 1), resized(100, -1)]).toEqual([
    1, 2, 115, 87,
  ]);
});
