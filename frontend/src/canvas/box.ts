import type { Frame, ScreenPoint, Size } from "./geometry";

/** A place in a picture, in shares of its width and height. */
export interface Spot {
  readonly on?: "share";
  readonly x: number;
  readonly y: number;
}

/** A rectangle in shares of a picture's width and height, so that it keeps its place at any size. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export const EDGES = ["left", "right", "top", "bottom"] as const;
export type Edge = (typeof EDGES)[number];

export const CORNERS = [
  { x: "left", y: "top" },
  { x: "right", y: "top" },
  { x: "left", y: "bottom" },
  { x: "right", y: "bottom" },
] as const;
export type Corner = (typeof CORNERS)[number];

// A hand that only wanted to click may move a little.
const LEAST_SHARE = 0.02;

/** Where in a picture, which fills `frame`, a place on the screen lies. */
export function toSpot(point: ScreenPoint, frame: Frame): Spot {
  return { x: (point.x - frame.left) / frame.width, y: (point.y - frame.top) / frame.height };
}

/** The box with two opposite corners; it ends where the picture ends. */
export function boxBetween(one: Spot, other: Spot): Box {
  return {
    left: within(Math.min(one.x, other.x)),
    top: within(Math.min(one.y, other.y)),
    right: within(Math.max(one.x, other.x)),
    bottom: within(Math.max(one.y, other.y)),
  };
}

/** The corner that stays where it is while this one is drawn. */
export function cornerOpposite(box: Box, { x, y }: Corner): Spot {
  return {
    x: x === "left" ? box.right : box.left,
    y: y === "top" ? box.bottom : box.top,
  };
}

/** The box moved, as far as the picture reaches. */
export function movedBy(box: Box, by: Spot): Box {
  const across = between(by.x, -box.left, 1 - box.right);
  const down = between(by.y, -box.top, 1 - box.bottom);
  return {
    left: box.left + across,
    top: box.top + down,
    right: box.right + across,
    bottom: box.bottom + down,
  };
}

/** The box with its right and bottom sides moved, as far as it stays a box in the picture. */
export function stretchedBy(box: Box, by: Spot): Box {
  return {
    ...box,
    right: between(box.right + by.x, box.left + LEAST_SHARE, 1),
    bottom: between(box.bottom + by.y, box.top + LEAST_SHARE, 1),
  };
}

/** Whether a hand meant to draw this box. */
export function isDrawn(box: Box): boolean {
  return box.right - box.left >= LEAST_SHARE && box.bottom - box.top >= LEAST_SHARE;
}

/** The box in whole pixels of a picture. */
export function inPixels(box: Box, { width, height }: Size): Box {
  return {
    left: Math.round(box.left * width),
    top: Math.round(box.top * height),
    right: Math.round(box.right * width),
    bottom: Math.round(box.bottom * height),
  };
}

/** The box that was told in pixels of a picture. */
export function fromPixels(box_px: Box, { width, height }: Size): Box {
  return {
    left: box_px.left / width,
    top: box_px.top / height,
    right: box_px.right / width,
    bottom: box_px.bottom / height,
  };
}

function within(share: number): number {
  return between(share, 0, 1);
}

function between(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
