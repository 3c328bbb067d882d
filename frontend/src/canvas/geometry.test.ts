import { expect, test } from "vitest";
import { extended, placeWithin, toImagePoint } from "./geometry";

const picture = { width: 256, height: 128 };

test("a place on the screen is a place in the picture, however large it is drawn", () => {
  const frame = { left: 20, top: 50, width: 512, height: 256 };
  expect(toImagePoint({ x: 20, y: 50 }, frame, picture)).toEqual({ x: 0, y: 0 });
  expect(toImagePoint({ x: 276, y: 178 }, frame, picture)).toEqual({ x: 128, y: 64 });
  expect(toImagePoint({ x: 532, y: 306 }, frame, picture)).toEqual(
    expect.objectContaining({ x: 256, y: 128 }),
  );
});

test("a hand may leave the picture", () => {
  const frame = { left: 0, top: 0, width: 256, height: 128 };
  expect(toImagePoint({ x: -10, y: 130.04 }, frame, picture)).toEqual({ x: -10, y: 130 });
});

test("margins make the picture larger, and say where in it the old one lies", () => {
  const margins = { left: 64, top: 0, right: 0, bottom: 32 };
  const whole = extended(picture, margins);
  expect(whole).toEqual({ width: 320, height: 160 });
  expect(placeWithin(whole, margins)).toEqual({
    left: "20%",
    top: "0%",
    width: "80%",
    height: "80%",
  });
});
