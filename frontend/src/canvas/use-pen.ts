import { type RefObject, useRef, useState } from "react";
import type { ImagePoint } from "./geometry";
import { drawInk, type Ink, wholeOf } from "./ink";
import { drawSegment, type Mark, type Mask, type Stroke } from "./mask";
import { markOf, outlineOf, type Pen, type Tool } from "./pen";

/** What is drawn on. */
export interface Sheet {
  mask: Mask;
  ink: Ink;
}

interface PenOptions {
  tool: Tool;
  /** In pixels of the sheet. */
  radius_px: number;
  sheet: Sheet;
  wet: RefObject<HTMLCanvasElement | null>;
  onMark: (mark: Mark) => void;
}

interface Drawing {
  pen: Pen & { points: ImagePoint[] };
  stroke: Stroke;
  mask: Mask;
}

/** Draws on a sheet while a pen is down, and tells what came of it when it is lifted. */
export function usePen({ tool, radius_px, sheet, wet, onMark }: PenOptions) {
  const drawing = useRef<Drawing | null>(null);
  const [outline, setOutline] = useState<readonly ImagePoint[]>([]);
  const isBrush = tool === "brush" || tool === "eraser";

  const extend = (point: ImagePoint) => {
    const now = drawing.current;
    const last = now?.pen.points.at(-1);
    if (!now || (last?.x === point.x && last.y === point.y)) return;
    now.pen.points.push(point);
    setOutline([...outlineOf(now.pen)]);
    if (!isBrush || !wet.current) return;
    const area = drawSegment(now.mask, now.stroke, now.pen.points.length - 1);
    drawInk(wet.current, now.mask, area, sheet.ink);
  };
  const lift = () => {
    const now = drawing.current;
    drawing.current = null;
    setOutline([]);
    return now;
  };
  return {
    /** Of what is about to be filled, in pixels of the sheet. */
    outline,
    isDown: () => drawing.current !== null,
    begin: (point: ImagePoint, isTakingAway: boolean) => {
      const erases = tool === "eraser" || isTakingAway;
      const points: ImagePoint[] = [];
      drawing.current = {
        pen: { tool, radius_px, erases, points },
        stroke: { kind: "stroke", radius_px, erases, points },
        mask: isBrush ? { ...sheet.mask, pixels: sheet.mask.pixels.slice() } : sheet.mask,
      };
      extend(point);
    },
    extend,
    finish: () => {
      const now = lift();
      const mark = now && markOf(now.pen);
      if (mark) onMark(mark);
    },
    cancel: () => {
      lift();
      if (wet.current) drawInk(wet.current, sheet.mask, wholeOf(sheet.mask), sheet.ink);
    },
  };
}
