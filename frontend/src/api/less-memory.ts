import type { Job, Model } from "./gen";
import { orderOf } from "./job";

type AnyOrder = ReturnType<typeof orderOf>;
type Tier = NonNullable<AnyOrder["body"]["tier"]>;

/** The same order with less to hold in memory, and what is less about it. */
export type LessMemory = { order: AnyOrder } & (
  | { by: "tier"; tier: Tier }
  | { by: "tiles"; tile_size_px: number }
  | { by: "size"; width: number; height: number }
);

const FACTOR = 0.75;

/** What to ask for after memory did not suffice; null where nothing less can be asked for. */
export function lessMemoryOf(job: Job, model: Model): LessMemory | null {
  const order = orderOf(job);
  return (
    inLowerTier(order, model) ??
    (order.kind === "tiled" ? inTiles(order, model) : atSize(order, model))
  );
}

// Left to itself the studio has tried every tier already.
function inLowerTier({ kind, body }: AnyOrder, { tiers }: Model): LessMemory | null {
  const place = body.tier ? tiers.indexOf(body.tier) : -1;
  const tier = place < 0 ? undefined : (tiers[place + 1] as Tier | undefined);
  return tier ? { order: { kind, body: { ...body, tier } } as AnyOrder, by: "tier", tier } : null;
}

function inTiles(
  { kind, body }: Extract<AnyOrder, { kind: "tiled" }>,
  model: Model,
): LessMemory | null {
  const tile_size = reduced(body.tile_size ?? model.max_tile_px ?? model.width, model);
  if (tile_size === null) return null;
  // An overlap that is not said follows from the tile.
  const order = { kind, body: { ...body, tile_size, overlap: null } };
  return { order, by: "tiles", tile_size_px: tile_size };
}

function atSize({ kind, body }: AnyOrder, model: Model): LessMemory | null {
  // What is drawn by coordinates would lie elsewhere.
  const isPlaced = "entities" in body && body.entities?.some(({ box }) => box);
  if (!body.width || !body.height || isPlaced) return null;
  const width = reduced(body.width, model);
  const height = reduced(body.height, model);
  if (width === null || height === null) return null;
  return {
    order: { kind, body: { ...body, width, height } } as AnyOrder,
    by: "size",
    width,
    height,
  };
}

function reduced(side_px: number, { size_multiple_px, min_side_px }: Model): number | null {
  const less_px = Math.floor((side_px * FACTOR) / size_multiple_px) * size_multiple_px;
  return less_px < min_side_px ? null : less_px;
}
