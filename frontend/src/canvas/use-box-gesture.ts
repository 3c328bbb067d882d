import { type PointerEvent, useRef, useState } from "react";
import { type Box, isDrawn, type Spot, toSpot } from "./box";
import { boxOf, type Gesture } from "./gesture";

interface GestureOptions {
  onDraw: (box: Box) => void;
  onChange: (id: number, box: Box) => void;
  onSelect: (id: number) => void;
}

/** Follows a pointer that draws, moves and resizes boxes over `board`. */
export function useBoxGesture({ onDraw, onChange, onSelect }: GestureOptions) {
  const board = useRef<HTMLDivElement>(null);
  const [gesture, setGesture] = useState<Gesture | null>(null);

  const spotOf = (event: PointerEvent): Spot => {
    const frame = board.current?.getBoundingClientRect();
    return frame ? toSpot({ x: event.clientX, y: event.clientY }, frame) : { x: 0, y: 0 };
  };
  const begin = (event: PointerEvent, gesture: Gesture) => {
    if (event.button !== 0) return;
    event.stopPropagation();
    board.current?.setPointerCapture(event.pointerId);
    if (gesture.id !== null) onSelect(gesture.id);
    setGesture(gesture);
  };
  return {
    board,
    gesture,
    /** Begins a box, a new one if there is no id, whose one corner is the anchor. */
    draw: (event: PointerEvent, id: number | null = null, anchor = spotOf(event)) =>
      begin(event, { kind: "draw", id, anchor, at: spotOf(event) }),
    move: (event: PointerEvent, id: number, box: Box) =>
      begin(event, { kind: "move", id, box, from: spotOf(event), at: spotOf(event) }),
    follow: (event: PointerEvent) => gesture && setGesture({ ...gesture, at: spotOf(event) }),
    finish: () => {
      const box = gesture && boxOf(gesture);
      setGesture(null);
      if (!box || !isDrawn(box)) return;
      if (gesture.id === null) onDraw(box);
      else onChange(gesture.id, box);
    },
    cancel: () => setGesture(null),
  };
}
