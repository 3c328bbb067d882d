import type { Capability, Model, TiledRequest } from "@/api/gen";
import type { Settings } from "@/api/job";
import type { Size } from "@/canvas/geometry";
import { toRequest } from "@/form/draft";
import { badSide, type Obstacle } from "@/form/obstacles";
import type { SizeLimits } from "@/form/size";
import { paintedTiles, tileSide } from "@/form/tile-plan";
import { PAINTING, tilingModels, tooThin, whyNoTiling } from "@/form/tiling";
import { t } from "@/i18n";

/** How far beyond its own size a model's pictures reach. */
export interface Reach {
  /** Why they do not go beyond what the model paints in one piece; null while they do. */
  off: string | null;
  /** Why a larger picture would have to wait. */
  waits: string | null;
  /** Of all sides, in tiles where they are to be had. */
  limits: SizeLimits;
}

/** What tiles add to a model. */
export function reachOf(model: Model, service: Capability | undefined): Reach {
  const tiled = tilingModels(service).find(({ name }) => name === model.name);
  const off =
    whyNoTiling(service, PAINTING) ??
    (tiled ? null : t("{{title}} cannot do it", { title: model.title }));
  const { min_side_px, max_side_px, size_multiple_px } = model;
  return {
    off,
    waits: off === null && service && !service.available ? service.reason : null,
    limits: {
      min_side_px,
      max_side_px: off === null && tiled ? tiled.max_side_px : max_side_px,
      size_multiple_px,
    },
  };
}

/** Whether a size is beyond what the model paints in one piece, and tiles are to be had. */
export function isLarge({ width, height }: Size, model: Model, { off }: Reach): boolean {
  return off === null && Math.max(width, height) > model.max_side_px;
}

/** Everything that keeps a large picture from its size. */
export function largeObstacles(size: Size, model: Model, { limits }: Reach): Obstacle[] {
  const tiled = { ...limits, min_side_px: tileSide(model) };
  const words = t("painted in tiles of {{size}}, it can be", { size: tileSide(model) });
  const sides = [
    badSide("width", size.width, tiled, words),
    badSide("height", size.height, tiled, words),
  ].filter((obstacle) => obstacle !== undefined);
  const thin = tooThin(size);
  return sides.length === 0 && thin ? [thin] : sides;
}

/** In how many tiles a large picture is painted. */
export function tilesOf(size: Size, model: Model): number {
  return paintedTiles(size, model, model.max_side_px);
}

/** Writes the form as a request for a large picture; `model` is null where it is the service's own choice. */
export function toTiled(draft: Settings, size: Size, model: string | null): TiledRequest {
  const { width, height } = size;
  return { ...toRequest({ ...draft, model }), width, height };
}
