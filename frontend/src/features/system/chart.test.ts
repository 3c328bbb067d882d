import { expect, it } from "vitest";
import { BAR_PX, barsOf, HEIGHT_PX, hourOf } from "./chart";

it("draws the highest as high as the chart and nothing where there is nothing", () => {
  const bars = barsOf([0, 2, null, 1]);
  expect(bars.map(({ x_px }) => x_px)).toEqual([BAR_PX, 3 * BAR_PX]);
  expect(bars.map(({ height_px }) => height_px)).toEqual([HEIGHT_PX, HEIGHT_PX / 2]);
  expect(bars.every(({ y_px, height_px }) => y_px + height_px === HEIGHT_PX)).toBe(true);
});

it("lets something small be seen", () => {
  expect(barsOf([1000, 1])[1]?.height_px).toBe(2);
});

it("draws no bars for an hour in which nothing was", () => {
  expect(barsOf(new Array(60).fill(0))).toEqual([]);
});

it("adds the minutes up", () => {
  const minute = { begins_at: "", succeeded: 2, failed: 1, wait_p50_s: 1, wait_p95_s: 3 };
  const idle = { ...minute, succeeded: 0, failed: 0, wait_p50_s: null, wait_p95_s: null };
  expect(hourOf([minute, idle, minute])).toEqual({ succeeded: 4, failed: 2, longestWait_s: 3 });
  expect(hourOf([idle]).longestWait_s).toBeNull();
});
