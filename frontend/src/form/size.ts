import type { Size } from "@/canvas/geometry";

/** What a model allows for the sides of an image. */
export interface SizeLimits {
  min_side_px: number;
  max_side_px: number;
  size_multiple_px: number;
}

/** Width to height, from the tallest to the widest. */
export const RATIOS = ["9:16", "2:3", "3:4", "1:1", "4:3", "3:2", "16:9"] as const;
export type Ratio = (typeof RATIOS)[number];

export function ratioValue(ratio: Ratio): number {
  const [width = 1, height = 1] = ratio.split(":").map(Number);
  return width / height;
}

/** The allowed side nearest to `side_px`. */
export function nearestSide(side_px: number, limits: SizeLimits): number {
  const multiple = limits.size_multiple_px;
  const smallest = Math.ceil(limits.min_side_px / multiple) * multiple;
  const largest = Math.floor(limits.max_side_px / multiple) * multiple;
  return Math.min(largest, Math.max(smallest, Math.round(side_px / multiple) * multiple));
}

/** The allowed size of this ratio whose area is nearest to `area_px`. */
export function sizeOfRatio(ratio: Ratio, area_px: number, limits: SizeLimits): Size {
  return sizeOfShape(ratioValue(ratio), area_px, limits);
}

/** The allowed size of this shape, width to height: the shape stays where the area is too large. */
export function sizeOfShape(shape: number, area_px: number, limits: SizeLimits): Size {
  const side = Math.sqrt(area_px);
  const width = Math.min(side * Math.sqrt(shape), limits.max_side_px * Math.min(1, shape));
  return { width: nearestSide(width, limits), height: nearestSide(width / shape, limits) };
}

// Rounding to multiples bends a ratio: on small images by up to about 6 %.
const RATIO_TOLERANCE = 0.08;

/** The named ratio that a size stands for, or null. */
export function ratioOfSize(size: Size): Ratio | null {
  const distance = (ratio: Ratio) =>
    Math.abs(Math.log(size.width / size.height / ratioValue(ratio)));
  const [nearest] = [...RATIOS].sort((a, b) => distance(a) - distance(b));
  return nearest && distance(nearest) <= RATIO_TOLERANCE ? nearest : null;
}

/** The size at which a model works on a picture: of its shape, at most of the model's native area. */
export function sizeFor(picture: Size, model: SizeLimits & Size): Size {
  const area_px = picture.width * picture.height;
  const scale = Math.min(1, Math.sqrt((model.width * model.height) / area_px));
  return {
    width: nearestSide(picture.width * scale, model),
    height: nearestSide(picture.height * scale, model),
  };
}
