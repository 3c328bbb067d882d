import { expect, test } from "vitest";
import { rasterise } from "@/canvas/mask";
import { maskOf, nameOf, type Region, readEntity, toEntity, withRegion } from "./regions";

const size = { width: 160, height: 96 };
const box = { left: 0.25, top: 0, right: 0.5, bottom: 0.5 };
const [first] = withRegion([], box, size);
const region = { ...(first as Region), prompt: " a red star " };

test("every region gets a name and a number of its own, those of removed ones included", () => {
  const two = withRegion(withRegion([], box, size), box, size);
  expect(two.map(({ name }) => name)).toEqual(["Region 1", "Region 2"]);
  expect(withRegion(two.slice(1), box, size).map(({ id }) => id)).toEqual([2, 1]);
});

test("a region without a name is called by its number", () => {
  expect(nameOf({ ...region, name: " " })).toBe("Region 1");
  expect(nameOf({ ...region, name: "Hat" })).toBe("Hat");
});

test("a box is told in pixels of the result, whatever its size", () => {
  expect(toEntity(region, null, size)).toEqual({
    prompt: "a red star",
    box: { left: 40, top: 0, right: 80, bottom: 48 },
  });
  expect(toEntity(region, null, { width: 64, height: 64 })).toMatchObject({
    box: { left: 16, top: 0, right: 32, bottom: 32 },
  });
});

test("what was painted is told by its mask", () => {
  expect(toEntity({ ...region, shape: "mask" }, "of the brush", size)).toEqual({
    prompt: "a red star",
    mask: "of the brush",
  });
});

test("boxes and masks come back as they were", () => {
  const told = toEntity(region, null, size);
  expect(readEntity(told, 1, null, size)).toEqual({ ...region, prompt: "a red star" });

  const painted = rasterise(
    [{ kind: "stroke", radius_px: 9, erases: false, points: [{ x: 20, y: 30 }] }],
    size,
  );
  const restored = readEntity({ prompt: "a hat", mask: "of the brush" }, 2, painted, size);
  expect(restored.shape).toBe("mask");
  expect(maskOf(restored.drawing)).toEqual(painted);
});
