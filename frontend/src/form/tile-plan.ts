import type { Size } from "@/canvas/geometry";

/**
 * How many tiles a large picture takes. The service decides (services/tiling/plan.py); this foretells it,
 * so that the form can say it before anything runs.
 */

const GRAIN_PX = 16; // one token of the transformer: sizes, tiles and places are multiples of it
const HOP = 2; // no picture grows by more at once
const AXES = ["width", "height"] as const;

/** A picture from words: a base of about the native area, then hops to `target`. */
export function paintedTiles(target: Size, native: Size, longest_px: number): number {
  const tile_px = tileSide(native);
  const base = baseSize(target, native);
  const isWhole = Math.max(base.width, base.height) <= longest_px;
  return (isWhole ? 1 : tilesOver(base, tile_px)) + tilesOfHops(base, target, tile_px);
}

/** A picture that is there already, enlarged to `target`. */
export function upscaledTiles(source: Size, target: Size, native: Size): number {
  const tile_px = tileSide(native);
  return tilesOfHops(source, target, tile_px) || tilesOver(target, tile_px);
}

/** The side of a tile, unless another is asked for. */
export function tileSide({ width, height }: Size): number {
  return Math.min(width, height);
}

function tilesOfHops(start: Size, target: Size, tile_px: number): number {
  return hops(start, target).reduce((sum, size) => sum + tilesOver(size, tile_px), 0);
}

function tilesOver(size: Size, tile_px: number): number {
  const tile = { width: Math.min(tile_px, size.width), height: Math.min(tile_px, size.height) };
  const usual_px = Math.max(GRAIN_PX, roundDown(tile_px / 4));
  const overlap_px = Math.min(usual_px, Math.min(tile.width, tile.height) - GRAIN_PX);
  const [columns, rows] = AXES.map((axis) => {
    const step_px = roundDown(tile[axis] - overlap_px);
    return 1 + Math.ceil((size[axis] - tile[axis]) / step_px);
  });
  return (columns ?? 1) * (rows ?? 1);
}

function baseSize(target: Size, native: Size): Size {
  const [short_px, long_px] = [target.width, target.height].sort((one, other) => one - other);
  if (short_px === undefined || long_px === undefined) return target;
  const ratio = long_px / short_px;
  const area_px = native.width * native.height;
  const least_px = roundUp(tileSide(native) / 2);
  const ideal_px = Math.min(short_px, Math.max(Math.sqrt(area_px / ratio), least_px));
  const [side_px] = [Math.max(GRAIN_PX, roundDown(ideal_px)), roundUp(ideal_px)].sort(
    (one, other) =>
      bend(one, ratio) - bend(other, ratio) ||
      Math.abs(one - ideal_px) - Math.abs(other - ideal_px),
  );
  if (side_px === undefined) return target;
  const longer_px = longSide(side_px, ratio);
  return target.width <= target.height
    ? { width: side_px, height: longer_px }
    : { width: longer_px, height: side_px };
}

/** How far a picture with that short side is from a shape. */
function bend(side_px: number, ratio: number): number {
  return Math.abs(longSide(side_px, ratio) / side_px - ratio);
}

function longSide(side_px: number, ratio: number): number {
  return Math.max(GRAIN_PX, roundToGrain(side_px * ratio));
}

/** The sizes on the way from `start` to `target`, which is the last; none when it is that large. */
function hops(start: Size, target: Size): Size[] {
  const count = Math.max(...AXES.map((axis) => hopCount(start[axis], target[axis])));
  const growth = Math.max(...AXES.map((axis) => target[axis] / start[axis]));
  const sizes: Size[] = [];
  for (let left = count - 1; left >= 0; left--) {
    const before = sizes.at(-1) ?? start;
    const shrink = growth ** (-left / count);
    sizes.push(along((axis) => between(target[axis] * shrink, before[axis], target[axis], left)));
  }
  return sizes;
}

function hopCount(start_px: number, target_px: number): number {
  let count = 0;
  for (let side_px = start_px; side_px < target_px; side_px = grow(side_px)) count++;
  return count;
}

/** The multiple nearest to `ideal_px` from which `left` more hops reach the target. */
function between(ideal_px: number, before_px: number, target_px: number, left: number): number {
  let least_px = target_px;
  for (let hop = 0; hop < left; hop++) least_px = roundUp(least_px / HOP);
  const wanted_px = Math.max(roundToGrain(ideal_px), least_px, roundUp(before_px));
  return Math.min(wanted_px, grow(before_px), target_px);
}

function grow(side_px: number): number {
  return Math.max(GRAIN_PX, roundDown(side_px * HOP));
}

function along(side: (axis: (typeof AXES)[number]) => number): Size {
  return { width: side("width"), height: side("height") };
}

function roundDown(length_px: number): number {
  return Math.floor(length_px / GRAIN_PX) * GRAIN_PX;
}

function roundUp(length_px: number): number {
  return Math.ceil(length_px / GRAIN_PX) * GRAIN_PX;
}

function roundToGrain(length_px: number): number {
  return Math.round(length_px / GRAIN_PX) * GRAIN_PX;
}
