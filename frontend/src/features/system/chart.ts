import type { ActiveMinute } from "@/api/gen";

export const BAR_PX = 6; // of which one is the gap
export const HEIGHT_PX = 56;

export interface Bar {
  x_px: number;
  y_px: number;
  height_px: number;
  /** What the bar stands for. */
  value: number;
}

/** Bars from the left, the highest as high as the chart; nothing is no bar, and something never invisible. */
export function barsOf(values: readonly (number | null)[]): Bar[] {
  const highest = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  return values.flatMap((value, index) => {
    if (!value) return [];
    const height_px = Math.max(2, (value / highest) * HEIGHT_PX);
    return [{ x_px: index * BAR_PX, y_px: HEIGHT_PX - height_px, height_px, value }];
  });
}

export interface Hour {
  succeeded: number;
  failed: number;
  /** Of the minute in which it was longest. */
  longestWait_s: number | null;
}

/** What all minutes come to. */
export function hourOf(minutes: readonly ActiveMinute[]): Hour {
  const waits_s = minutes.map(({ wait_p95_s }) => wait_p95_s).filter((wait) => wait !== null);
  return {
    succeeded: minutes.reduce((sum, { succeeded }) => sum + succeeded, 0),
    failed: minutes.reduce((sum, { failed }) => sum + failed, 0),
    longestWait_s: waits_s.length > 0 ? Math.max(...waits_s) : null,
  };
}
