import { type PointerEvent, useEffect, useRef, useState } from "react";
import { type ImagePoint, toImagePoint } from "./geometry";
import classes from "./MaskCanvas.module.css";
import { type Area, type Colour, coloured, drawSegment, type Mask, type Stroke } from "./mask";

export interface Brush {
  radius_px: number;
  erases: boolean;
}

interface MaskCanvasProps {
  /** Of the picture; the mask lies on nothing if there is none. */
  url: string | undefined;
  label: string;
  mask: Mask;
  brush: Brush;
  onStroke: (stroke: Stroke) => void;
}

/** A picture with its mask over it in stripes, to be painted with a pointer. */
export function MaskCanvas({ url, label, mask, brush, onStroke }: MaskCanvasProps) {
  const { width, height } = mask;
  const canvas = useRef<HTMLCanvasElement>(null);
  const painting = useRef<{ stroke: Stroke; points: ImagePoint[]; mask: Mask } | null>(null);
  const [cursor, setCursor] = useState<ImagePoint | null>(null);

  useEffect(() => {
    if (canvas.current) drawArea(canvas.current, mask, { x: 0, y: 0, width, height });
  }, [mask, width, height]);

  const pointOf = (event: PointerEvent<HTMLCanvasElement>) =>
    toImagePoint(
      { x: event.clientX, y: event.clientY },
      event.currentTarget.getBoundingClientRect(),
      mask,
    );

  const extend = (event: PointerEvent<HTMLCanvasElement>) => {
    const now = painting.current;
    if (!now) return;
    now.points.push(pointOf(event));
    const area = drawSegment(now.mask, now.stroke, now.points.length - 1);
    drawArea(event.currentTarget, now.mask, area);
  };

  const start = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const points: ImagePoint[] = [];
    painting.current = {
      stroke: { kind: "stroke", ...brush, points },
      points,
      mask: { ...mask, pixels: mask.pixels.slice() },
    };
    extend(event);
  };

  const finish = () => {
    if (painting.current) onStroke(painting.current.stroke);
    painting.current = null;
  };

  return (
    <div className={classes.board} style={{ aspectRatio: width / height }}>
      {url && <img className={classes.picture} src={url} alt="" draggable={false} />}
      <canvas
        ref={canvas}
        className={classes.mask}
        role="img"
        aria-label={label}
        width={width}
        height={height}
        onPointerDown={start}
        onPointerMove={(event) => {
          setCursor(pointOf(event));
          extend(event);
        }}
        onPointerUp={finish}
        onPointerCancel={finish}
        onPointerLeave={() => setCursor(null)}
      />
      {cursor && <Ring at={cursor} radius_px={brush.radius_px} mask={mask} />}
    </div>
  );
}

/** Shows how large the brush is. */
function Ring({ at, radius_px, mask }: { at: ImagePoint; radius_px: number; mask: Mask }) {
  const percent = (length_px: number, of_px: number) => `${(length_px / of_px) * 100}%`;
  return (
    <span
      className={classes.ring}
      style={{
        left: percent(at.x - radius_px, mask.width),
        top: percent(at.y - radius_px, mask.height),
        width: percent(2 * radius_px, mask.width),
      }}
    />
  );
}

// Two colours in stripes, because a picture may have either of them.
const STRIPES: readonly [Colour, Colour] = [
  [221, 79, 51, 170],
  [255, 255, 255, 170],
];
const CLEAR: Colour = [0, 0, 0, 0];
const STRIPES_ACROSS = 32;

function drawArea(canvas: HTMLCanvasElement, mask: Mask, area: Area): void {
  if (area.width === 0 || area.height === 0) return;
  const stripe_px = Math.max(2, Math.round(mask.width / STRIPES_ACROSS));
  const rgba = coloured(mask, area, (isInside, x, y) => {
    if (!isInside) return CLEAR;
    return Math.floor((x + y) / stripe_px) % 2 === 0 ? STRIPES[0] : STRIPES[1];
  });
  const image = new ImageData(rgba, area.width, area.height);
  canvas.getContext("2d")?.putImageData(image, area.x, area.y);
}
