import { type ReactNode, type RefObject, useState } from "react";
import classes from "./Board.module.css";
import type { Spot } from "./box";
import { type ImagePoint, type Size, toImagePoint } from "./geometry";
import { directionOf } from "./gesture";
import type { Mark } from "./mask";
import type { Tool } from "./pen";
import { type Sheet, usePen } from "./use-pen";
import { useSpace } from "./use-space";
import type { Seen } from "./use-viewport";
import { frameOf } from "./viewport";

interface BoardProps {
  label: string;
  /** Ids of what says more about it. */
  describedBy: string;
  paper: Size;
  seen: Seen;
  tool: Tool;
  /** Of the brush, in pixels of the paper. */
  diameter_px: number;
  /** What is drawn on; null where nothing can be. */
  sheet: Sheet | null;
  wet: RefObject<HTMLCanvasElement | null>;
  onMark: (mark: Mark) => void;
  /** What lies on the paper, and grows with it. */
  layers: ReactNode;
  /** What lies over the paper and keeps its lines as fine as they are. */
  children: ReactNode;
}

const NO_SHEET: Sheet = {
  mask: { width: 1, height: 1, pixels: new Uint8Array(1) },
  ink: [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ],
};
const CHECK_PX = 16; // on the screen, however large the paper is seen
const KEY_STEP = 1 / 40; // of the paper

/** A paper to draw on, with a pointer or by keys; it can be zoomed and pushed about. */
export function Board(props: BoardProps) {
  const { paper, seen, tool, diameter_px, sheet, wet } = props;
  const { mask } = sheet ?? NO_SHEET;
  const growth = mask.width / paper.width;
  const [cursor, setCursor] = useState<Spot | null>(null);
  const isSpaceHeld = useSpace(cursor !== null);
  const pen = usePen({
    tool,
    radius_px: (diameter_px / 2) * growth,
    sheet: sheet ?? NO_SHEET,
    wet,
    onMark: props.onMark,
  });
  const frame = frameOf(seen.view, paper);
  const isBrush = tool === "brush" || tool === "eraser";

  const spotOf = (event: { clientX: number; clientY: number }): Spot => {
    const { x, y } = seen.placeOf(event);
    return { x: (x - frame.left) / frame.width, y: (y - frame.top) / frame.height };
  };
  const onSheet = ({ x, y }: Spot): ImagePoint =>
    toImagePoint({ x, y }, { left: 0, top: 0, width: 1, height: 1 }, mask);

  const press = (key: string, isFine: boolean, isTakingAway: boolean): boolean => {
    const direction = directionOf(key);
    const at = cursor ?? { x: 0.5, y: 0.5 };
    if (direction) {
      const [across, down] = isFine ? [1 / paper.width, 1 / paper.height] : [KEY_STEP, KEY_STEP];
      const spot = {
        x: within(at.x + direction.x * across),
        y: within(at.y + direction.y * down),
      };
      setCursor(spot);
      pen.extend(onSheet(spot));
    } else if (key === "Enter" && sheet) {
      setCursor(at);
      if (pen.isDown()) pen.finish();
      else pen.begin(onSheet(at), isTakingAway);
    } else if (key === "Escape" && pen.isDown()) pen.cancel();
    else return false;
    return true;
  };

  return (
    <div
      ref={seen.board}
      role="application"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys draw on it.
      tabIndex={0}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      className={classes.board}
      data-hand={isSpaceHeld || seen.isGrabbing || undefined}
      data-idle={sheet === null || undefined}
      data-passing={tool !== "box" || undefined}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey) return;
        if (!press(event.key, event.shiftKey, event.altKey)) return;
        event.preventDefault(); // neither the page scrolls nor a form is sent
      }}
      onBlur={pen.cancel}
      onPointerDown={(event) => {
        const count = seen.touch(event);
        const isHand = count > 1 || event.button === 1 || isSpaceHeld;
        if (isHand) pen.cancel();
        if (isHand) seen.grab();
        else if (event.button === 0 && sheet) pen.begin(onSheet(spotOf(event)), event.altKey);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        setCursor(spotOf(event));
        if (seen.isGrabbing) seen.drag(event);
        else pen.extend(onSheet(spotOf(event)));
      }}
      onPointerUp={(event) => {
        seen.letGo(event);
        pen.finish();
      }}
      onPointerCancel={(event) => {
        seen.letGo(event);
        pen.cancel();
      }}
      onPointerLeave={() => !pen.isDown() && setCursor(null)}
    >
      <div
        className={classes.paper}
        style={{
          width: paper.width,
          height: paper.height,
          transform: `translate(${frame.left}px, ${frame.top}px) scale(${seen.view.scale})`,
          backgroundSize: `${CHECK_PX / seen.view.scale}px ${CHECK_PX / seen.view.scale}px`,
          imageRendering: seen.view.scale >= 3 ? "pixelated" : "auto",
        }}
      >
        {props.layers}
      </div>
      {props.children}
      <Outline points={pen.outline} of={mask} frame={frame} />
      {cursor && sheet && (
        <Cursor
          at={{ x: frame.left + cursor.x * frame.width, y: frame.top + cursor.y * frame.height }}
          diameter_px={isBrush ? Math.max(4, diameter_px * seen.view.scale) : null}
        />
      )}
    </div>
  );
}

interface OutlineProps {
  points: readonly ImagePoint[];
  of: Size;
  frame: { left: number; top: number; width: number; height: number };
}

function Outline({ points, of, frame }: OutlineProps) {
  if (points.length === 0) return null;
  const places = points.map(
    ({ x, y }) =>
      `${frame.left + (x / of.width) * frame.width},${frame.top + (y / of.height) * frame.height}`,
  );
  return (
    <svg className={classes.outline} aria-hidden="true">
      <polygon points={places.join(" ")} />
      <polygon points={places.join(" ")} />
    </svg>
  );
}

/** Shows how large the brush is, or where a corner will be. */
function Cursor({ at, diameter_px }: { at: ImagePoint; diameter_px: number | null }) {
  const style = { left: at.x, top: at.y };
  if (diameter_px === null) return <span className={classes.cross} style={style} />;
  return (
    <span className={classes.ring} style={{ ...style, width: diameter_px, height: diameter_px }} />
  );
}

function within(share: number): number {
  return Math.max(0, Math.min(1, share));
}
