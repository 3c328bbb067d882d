import type { Model } from "@/api/gen";
import type { Size } from "@/canvas/geometry";
import { ratioOfSize, ratioValue, sizeOfShape } from "@/form/size";
import { MAX_SIDE_PX } from "@/form/tiling";
import { isLarge, type Reach } from "./large";

const FACTORS = [1, 2, 4, 8, 16] as const;
// Rounding to multiples bends an area: on small pictures by up to about a tenth.
const AREA_TOLERANCE = 0.16;

/** How many times as long as the model's own the sides of a picture are. */
export interface Factor {
  factor: number;
  size: Size;
  /** It is beyond what can be had. */
  isOff: boolean;
}

/** The factors that pictures of the shape of `size` may have; `longest_px` is what tiles reach at most. */
export function factorsOf(size: Size, model: Model, reach: Reach, longest_px: number): Factor[] {
  const ratio = ratioOfSize(size);
  const shape = ratio ? ratioValue(ratio) : size.width / size.height;
  const area_px = model.width * model.height;
  const longer_px = Math.sqrt(area_px * Math.max(shape, 1 / shape));
  const limits = { ...reach.limits, max_side_px: longest_px };
  return FACTORS.filter((factor) => factor * longer_px <= longest_px).map((factor) => ({
    factor,
    size: sizeOfShape(shape, area_px * factor ** 2, limits),
    isOff: factor * longer_px > reach.limits.max_side_px,
  }));
}

/** The factor that a size stands for, or null. */
export function factorOfSize(size: Size, model: Model): number | null {
  const growth = (size.width * size.height) / (model.width * model.height);
  const distance = (factor: number) => Math.abs(Math.log(growth / factor ** 2));
  return FACTORS.find((factor) => distance(factor) <= AREA_TOLERANCE) ?? null;
}

/** The smallest picture of the shape of `size` that is painted in tiles; null where there is none. */
export function firstLarge(size: Size | undefined, model: Model, reach: Reach): Size | null {
  const factors = factorsOf(size ?? model, model, reach, MAX_SIDE_PX);
  const large = factors.find((each) => !each.isOff && isLarge(each.size, model, reach));
  return large?.size ?? null;
}
