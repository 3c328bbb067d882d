import { expect, test } from "vitest";
import { type Colour, coloured } from "./ink";
import { coverage, drawSegment, type Mark, rasterise, toMark } from "./mask";

const size = { width: 8, height: 6 };
const stroke = (radius_px: number, ...points: [number, number][]): Mark => ({
  kind: "stroke",
  radius_px,
  erases: false,
  points: points.map(([x, y]) => ({ x, y })),
});

/** The mask as a drawing: # is painted. */
const drawn = (...marks: Mark[]) => {
  const { width, pixels } = rasterise(marks, size);
  const signs = [...pixels].map((value) => (value === 255 ? "#" : ".")).join("");
  return signs.match(new RegExp(`.{${width}}`, "g"));
};

test("a touch of the brush is a disc", () => {
  expect(drawn(stroke(2, [4, 3]))).toEqual([
    "........",
    "...##...",
    "..####..",
    "..####..",
    "...##...",
    "........",
  ]);
});

test("a stroke has no gaps between its points, however far apart", () => {
  expect(drawn(stroke(1, [1, 3], [7, 3]))).toEqual([
    "........",
    "........",
    "########",
    "########",
    "........",
    "........",
  ]);
});

test("what is painted outside of the picture is cut off", () => {
  expect(coverage(rasterise([stroke(3, [-20, -20])], size))).toBe(0);
  expect(drawn(stroke(2, [0, 0]))?.[0]).toBe("##......");
});

test("erasing, inverting and clearing act on what is there", () => {
  const dot = stroke(1, [4, 3]);
  const all: Mark = { kind: "invert" };
  const erased: Mark = { kind: "stroke", radius_px: 9, erases: true, points: [{ x: 4, y: 3 }] };
  const share = (...marks: Mark[]) => coverage(rasterise(marks, size));
  expect(share(dot)).toBe(4 / 48);
  expect(share(dot, all)).toBe(44 / 48);
  expect(share(dot, all, erased)).toBe(0);
  expect(share(dot, { kind: "clear" })).toBe(0);
});

test("drawing point by point gives what drawing at once gives, and tells where it drew", () => {
  const whole = stroke(1.5, [1, 1], [6, 4]);
  if (whole.kind !== "stroke") throw new Error("not a stroke");
  const mask = rasterise([], size);
  expect(drawSegment(mask, whole, 0)).toEqual({ x: 0, y: 0, width: 3, height: 3 });
  expect(drawSegment(mask, whole, 1)).toEqual({ x: 0, y: 0, width: 8, height: 6 });
  expect(mask).toEqual(rasterise([whole], size));
});

test("a mask of unknown making survives being kept", () => {
  for (const marks of [[], [stroke(2, [4, 3])], [stroke(1, [0, 0])]] satisfies Mark[][]) {
    const mask = rasterise(marks, size);
    expect(rasterise([toMark(mask)], size)).toEqual(mask);
  }
});

test("a part of a mask is coloured pixel by pixel", () => {
  const mask = rasterise([stroke(1, [4, 3])], size);
  const [white, black]: [Colour, Colour] = [
    [255, 255, 255, 255],
    [0, 0, 0, 255],
  ];
  const area = { x: 2, y: 2, width: 2, height: 1 };
  const rgba = coloured(mask, area, [white, white], black);
  expect([...rgba]).toEqual([...black, ...white]);
});
