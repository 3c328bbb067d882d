import { type Box, boxBetween, movedBy, type Spot } from "./box";

/** What a hand does to a box: it pulls a corner of one, or moves one. */
export type Gesture =
  | { kind: "draw"; id: string; anchor: Spot; at: Spot }
  | { kind: "move"; id: string; box: Box; from: Spot; at: Spot };

/** The box as it is at this moment of a gesture. */
export function boxOf(gesture: Gesture): Box {
  if (gesture.kind === "draw") return boxBetween(gesture.anchor, gesture.at);
  const { box, from, at } = gesture;
  return movedBy(box, { x: at.x - from.x, y: at.y - from.y });
}

const DIRECTIONS: Readonly<Record<string, Spot>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Where a key points to, in pixels; null for any other key. */
export function directionOf(key: string): Spot | null {
  return DIRECTIONS[key] ?? null;
}
