import type { Job, Model } from "./gen";
import { orderOf } from "./job";

interface Size {
  width: number;
  height: number;
}

/** The same order for a smaller picture, which needs less memory. */
export interface Smaller {
  order: ReturnType<typeof orderOf>;
  /** Of the picture, or of one tile of it. */
  size: Size;
}

const FACTOR = 0.75;

/** What to ask for after memory did not suffice; null where nothing smaller can be asked for. */
export function smallerOf(job: Job, model: Model): Smaller | null {
  const { kind, body } = orderOf(job);
  if (kind === "tiled") {
    const tile_size = reduced(body.tile_size ?? model.max_tile_px ?? model.width, model);
    if (tile_size === null) return null;
    const size = { width: tile_size, height: tile_size };
    // An overlap that is not said follows from the tile.
    return { order: { kind, body: { ...body, tile_size, overlap: null } }, size };
  }
  const { width, height } = body;
  if (!width || !height) return null;
  // What is drawn by coordinates would lie elsewhere.
  if ("entities" in body && body.entities?.some(({ box }) => box)) return null;
  const size = { width: reduced(width, model), height: reduced(height, model) };
  if (size.width === null || size.height === null) return null;
  const smaller = { ...body, width: size.width, height: size.height };
  return {
    order: { kind, body: smaller } as Smaller["order"],
    size: { width: size.width, height: size.height },
  };
}

function reduced(side_px: number, { size_multiple_px, min_side_px }: Model): number | null {
  const less_px = Math.floor((side_px * FACTOR) / size_multiple_px) * size_multiple_px;
  return less_px < min_side_px ? null : less_px;
}
