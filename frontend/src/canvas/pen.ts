import type { ImagePoint } from "./geometry";
import type { Mark } from "./mask";

/** What one draws with. */
export const TOOLS = ["brush", "eraser", "box", "lasso"] as const;
export type Tool = (typeof TOOLS)[number];

/** A tool on the paper, and where it has been. */
export interface Pen {
  tool: Tool;
  /** Of the brush and the eraser, in pixels of what is painted on. */
  radius_px: number;
  erases: boolean;
  points: readonly ImagePoint[];
}

const LEAST_PX = 2; // a hand that only wanted to click may move a little
const LEAST_CORNERS = 3;

/** What a pen has drawn; null where it was hardly moved. */
export function markOf({ tool, radius_px, erases, points }: Pen): Mark | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return null;
  switch (tool) {
    case "brush":
    case "eraser":
      return { kind: "stroke", radius_px, erases, points };
    case "box": {
      const isDrawn =
        Math.abs(last.x - first.x) >= LEAST_PX && Math.abs(last.y - first.y) >= LEAST_PX;
      return isDrawn ? { kind: "block", from: first, to: last, erases } : null;
    }
    case "lasso":
      return points.length < LEAST_CORNERS ? null : { kind: "lasso", points, erases };
  }
}

/** The outline of what a pen is about to fill, closed; empty for brushes, which show what they do. */
export function outlineOf({ tool, points }: Pen): readonly ImagePoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (tool === "lasso") return points;
  if (tool !== "box" || !first || !last) return [];
  return [first, { x: last.x, y: first.y }, last, { x: first.x, y: last.y }];
}

const BRUSH_STEP = 1.15;

/** A brush made larger (1) or smaller (-1), by at least a pixel. */
export function resized(diameter_px: number, direction: 1 | -1): number {
  const scaled = Math.round(diameter_px * BRUSH_STEP ** direction);
  return Math.max(
    1,
    direction > 0 ? Math.max(diameter_px + 1, scaled) : Math.min(diameter_px - 1, scaled),
  );
}
