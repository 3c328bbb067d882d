import { type PointerEvent, useEffect, useRef, useState } from "react";
import type { ScreenPoint, Size } from "./geometry";
import {
  type Fingers,
  fitted,
  inSight,
  pannedBy,
  pinched,
  type Viewport,
  zoomedAt,
} from "./viewport";

const WHEEL_STEP = 0.0016; // a notch of a usual wheel makes it about a sixth larger
const BUTTON_STEP = 1.5;

/** Which part of a paper is seen on a board, and the hands that change it. */
export function useViewport(paper: Size) {
  const board = useRef<HTMLDivElement>(null);
  const fingers = useRef(new Map<number, ScreenPoint>());
  const [room, setRoom] = useState<Size>({ width: 0, height: 0 });
  /** As it was moved by hand, and for which paper; until then the whole of it is seen. */
  const [moved, setMoved] = useState<{ view: Viewport; of: string } | null>(null);
  const [isGrabbing, setGrabbing] = useState(false);
  const sign = `${paper.width}×${paper.height}`;
  const view = moved?.of === sign ? moved.view : fitted(paper, room);
  const change = (next: (view: Viewport) => Viewport) =>
    setMoved((moved) => {
      const before = moved?.of === sign ? moved.view : fitted(paper, room);
      return { view: inSight(next(before), paper, room), of: sign };
    });

  const placeOf = ({ clientX, clientY }: { clientX: number; clientY: number }): ScreenPoint => {
    const frame = board.current?.getBoundingClientRect();
    return { x: clientX - (frame?.left ?? 0), y: clientY - (frame?.top ?? 0) };
  };
  const roll = useRef<(event: WheelEvent) => void>(() => {});
  roll.current = (event) => {
    event.preventDefault(); // neither the page nor the browser zooms meanwhile
    const point = placeOf(event);
    change((view) => zoomedAt(view, point, Math.exp(-event.deltaY * WHEEL_STEP)));
  };

  useEffect(() => {
    const element = board.current;
    if (!element) return;
    const measure = () => setRoom({ width: element.clientWidth, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    const onWheel = (event: WheelEvent) => roll.current(event);
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener("wheel", onWheel);
    };
  }, []);

  const middle = { x: room.width / 2, y: room.height / 2 };
  return {
    board,
    view,
    isGrabbing,
    placeOf,
    zoomIn: () => change((view) => zoomedAt(view, middle, BUTTON_STEP)),
    zoomOut: () => change((view) => zoomedAt(view, middle, 1 / BUTTON_STEP)),
    fit: () => setMoved(null),
    /** Notes that a finger has come; returns how many there are. */
    touch: (event: PointerEvent): number =>
      fingers.current.set(event.pointerId, placeOf(event)).size,
    /** Takes the paper along with the finger that is held by it, or with two. */
    drag: (event: PointerEvent) => {
      const [at, was] = [placeOf(event), fingers.current.get(event.pointerId)];
      const before = [...fingers.current.values()];
      fingers.current.set(event.pointerId, at);
      const after = [...fingers.current.values()];
      if (was && before.length === 1) {
        change((view) => pannedBy(view, { x: at.x - was.x, y: at.y - was.y }));
      } else if (before.length === 2) {
        change((view) => pinched(view, before as unknown as Fingers, after as unknown as Fingers));
      }
    },
    grab: () => setGrabbing(true),
    /** Notes that a finger has gone; the paper is let go with the last one. */
    letGo: (event: PointerEvent) => {
      fingers.current.delete(event.pointerId);
      if (fingers.current.size === 0) setGrabbing(false);
    },
  };
}

export type Seen = ReturnType<typeof useViewport>;
