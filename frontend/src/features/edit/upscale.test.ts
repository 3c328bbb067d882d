import { expect, test } from "vitest";
import { EMPTY_DRAFT } from "@/form/draft";
import { shapesModel } from "@/testing/jobs";
import { aPicture } from "@/testing/pictures";
import { EMPTY_TASK } from "./task";
import {
  readUpscale,
  scaleBetween,
  scalesFor,
  toUpscale,
  toUpscaling,
  upscaledSize,
  upscaleObstacles,
} from "./upscale";

const picture = aPicture("1", { width: 100, height: 75 });
const task = { ...EMPTY_TASK, way: "upscale", pictures: [picture] } as const;
const wide = (width: number, height = 1000) => aPicture("2", { width, height });
const reasons = (part: object) =>
  upscaleObstacles({ ...task, ...part }, shapesModel).map(({ field, message }) => [field, message]);

test.each([
  [128, [2, 4, 8]],
  [1328, [2, 4, 6.16]],
  [4096, [2]],
  [5000, [1.63]],
  [8192, []],
])("a picture of %i grows by %o", (side, scales) => {
  expect(scalesFor({ width: side, height: side })).toEqual(scales);
});

test.each([1328, 5000, 8000, 1023, 3001])("the most of %i stays within the limit", (side) => {
  const most = scalesFor({ width: side, height: 64 }).at(-1) ?? 1;
  expect(upscaledSize({ width: side, height: 64 }, most).width).toBeLessThanOrEqual(8192);
});

test("sizes are whole tokens, and lead back to their scale", () => {
  expect(upscaledSize(picture, 2)).toEqual({ width: 208, height: 144 });
  expect(scaleBetween(picture, { width: 208, height: 144 })).toBe(2);
  expect(scaleBetween(picture, { width: 304, height: 224 })).toBe(3.04);
});

test("a request tells the size and the picture; words may be left out", () => {
  const draft = { ...EMPTY_DRAFT, width: 64, height: 64, seed: 3 };
  expect(toUpscale(draft, { ...task, scale: 4, creativity: 0.5 })).toEqual({
    prompt: "",
    seed: 3,
    count: 1,
    image: picture.id,
    width: 400,
    height: 304,
    strength: 0.5,
  });
});

test("what was asked for is read back, whether a size or a scale", () => {
  expect(readUpscale({ width: 400, height: 304, strength: 0.5 }, picture)).toEqual({
    scale: 4,
    creativity: 0.5,
  });
  expect(readUpscale({ scale: 3 }, picture)).toEqual({ scale: 3 });
});

test("a result is enlarged by the first scale that fits", () => {
  expect(toUpscaling(EMPTY_TASK, picture)).toEqual(task);
  expect(toUpscaling(EMPTY_TASK, wide(5000)).scale).toBe(1.63);
});

test.each([
  [{}, []],
  [{ pictures: [] }, []],
  [
    { pictures: [wide(5000)] },
    [["scale", "It would have 10000 × 2000 pixels; 8192 is the most for a side."]],
  ],
  [
    { pictures: [wide(8192)] },
    [["scale", "This picture has 8192 pixels already, which is the most."]],
  ],
  [
    { pictures: [wide(20, 20)] },
    [["scale", "It would have 48 × 48 pixels; a side has at least 64."]],
  ],
  [
    { pictures: [wide(2000, 100)] },
    [["scale", "4000 × 208 is too long and thin; at most 16 to 1 fits."]],
  ],
  [{ creativity: 0 }, [["strength", "Creativity is 0; choose 0.05 to 1."]]],
])("%o is told at its field", (part, told) => {
  expect(reasons(part)).toEqual(told);
});
