import type { ImagePoint } from "./geometry";
import type { Mask } from "./mask";

/** Fills the rectangle between two corners, as far as the mask reaches. */
export function fillBlock(mask: Mask, from: ImagePoint, to: ImagePoint, value: number): void {
  const [left, right] = wholePixels(from.x, to.x, mask.width);
  const [top, bottom] = wholePixels(from.y, to.y, mask.height);
  for (let y = top; y < bottom; y++) {
    mask.pixels.fill(value, y * mask.width + left, y * mask.width + right);
  }
}

/** Fills what a closed line surrounds; where it crosses itself, every second part stays as it is. */
export function fillOutline(mask: Mask, points: readonly ImagePoint[], value: number): void {
  const heights = points.map(({ y }) => y);
  const [top, bottom] = wholePixels(Math.min(...heights), Math.max(...heights), mask.height);
  for (let y = top; y < bottom; y++) {
    const crossings = crossingsAt(points, y + 0.5);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const [left, right] = inked(crossings[index] ?? 0, crossings[index + 1] ?? 0, mask.width);
      if (left < right) mask.pixels.fill(value, y * mask.width + left, y * mask.width + right);
    }
  }
}

/** Where a closed line crosses a row, from left to right. */
function crossingsAt(points: readonly ImagePoint[], y: number): number[] {
  const crossings: number[] = [];
  for (const [index, to] of points.entries()) {
    const from = points.at(index - 1) ?? to; // the last one is joined to the first
    if (from.y <= y === to.y <= y) continue;
    crossings.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
  }
  return crossings.sort((one, other) => one - other);
}

/** The pixels of which a span touches at least a part. */
function wholePixels(one: number, other: number, most: number): [number, number] {
  const start = Math.max(0, Math.floor(Math.min(one, other)));
  return [start, Math.min(most, Math.ceil(Math.max(one, other)))];
}

/** The pixels whose middle a span covers. */
function inked(left: number, right: number, most: number): [number, number] {
  return [Math.max(0, Math.ceil(left - 0.5)), Math.min(most, Math.ceil(right - 0.5))];
}
