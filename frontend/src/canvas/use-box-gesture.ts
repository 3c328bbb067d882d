import { type PointerEvent, useRef, useState } from "react";
import { type Box, isDrawn, type Spot, toSpot } from "./box";
import { boxOf, type Gesture } from "./gesture";

interface GestureOptions {
  onChange: (id: string, box: Box) => void;
  onSelect: (id: string) => void;
}

/** Follows a pointer that moves and resizes boxes over `board`. */
export function useBoxGesture({ onChange, onSelect }: GestureOptions) {
  const board = useRef<HTMLDivElement>(null);
  const [gesture, setGesture] = useState<Gesture | null>(null);

  const spotOf = (event: PointerEvent): Spot => {
    const frame = board.current?.getBoundingClientRect();
    return frame ? toSpot({ x: event.clientX, y: event.clientY }, frame) : { x: 0, y: 0 };
  };
  const begin = (event: PointerEvent, gesture: Gesture) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
    onSelect(gesture.id);
    setGesture(gesture);
  };
  return {
    board,
    gesture,
    /** Pulls a corner while the opposite one, the anchor, stays. */
    draw: (event: PointerEvent, id: string, anchor: Spot) =>
      begin(event, { kind: "draw", id, anchor, at: spotOf(event) }),
    move: (event: PointerEvent, id: string, box: Box) =>
      begin(event, { kind: "move", id, box, from: spotOf(event), at: spotOf(event) }),
    follow: (event: PointerEvent) => gesture && setGesture({ ...gesture, at: spotOf(event) }),
    finish: () => {
      const box = gesture && boxOf(gesture);
      setGesture(null);
      if (box && isDrawn(box) && hasMoved(gesture)) onChange(gesture.id, box);
    },
    cancel: () => setGesture(null),
  };
}

export type BoxGesture = ReturnType<typeof useBoxGesture>;

/** A click selects a box, and is nothing to be undone. */
function hasMoved(gesture: Gesture): boolean {
  if (gesture.kind === "draw") return true;
  return gesture.at.x !== gesture.from.x || gesture.at.y !== gesture.from.y;
}
