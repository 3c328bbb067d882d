import { type RefObject, useEffect, useRef } from "react";
import { drawInk, type Ink, wholeOf } from "./ink";
import type { Mask } from "./mask";

interface MaskLayerProps {
  mask: Mask;
  ink: Ink;
  /** Of its soft edge, in pixels of the mask. */
  feather_px?: number;
  /** What a pen draws on meanwhile. */
  wet?: RefObject<HTMLCanvasElement | null> | undefined;
}

/** A mask in its ink, to be laid over a picture; it fills what it lies in. */
export function MaskLayer({ mask, ink, feather_px = 0, wet }: MaskLayerProps) {
  const own = useRef<HTMLCanvasElement>(null);
  const canvas = wet ?? own;
  useEffect(() => {
    if (canvas.current) drawInk(canvas.current, mask, wholeOf(mask), ink);
  }, [mask, ink, canvas]);
  return (
    <canvas
      ref={canvas}
      width={mask.width}
      height={mask.height}
      style={feather_px > 0 ? { filter: haloOf(ink, feather_px) } : undefined}
    />
  );
}

// What is painted stays as it is: the soft edge lies beyond it.
function haloOf([[red, green, blue]]: Ink, width_px: number): string {
  return `drop-shadow(0 0 ${width_px / 2}px rgb(${red} ${green} ${blue}))`;
}
