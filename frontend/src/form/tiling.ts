import type { Capability, Model } from "@/api/gen";
import type { Size } from "@/canvas/geometry";
import { asClause } from "@/components/words";
import { t } from "@/i18n";
import type { Obstacle } from "./obstacles";

/** The capability that makes pictures larger than the model, and its two features. */
export const TILING = "tiling";
export const PAINTING = "generate_tiled";
export const UPSCALING = "upscale_tiled";

/** The longest side that tiles reach, whether they are to be had or not. */
export const MAX_SIDE_PX = 8192;

/** No picture is longer or thinner than this to one. */
const MAX_RATIO = 16;

/** Why large pictures are not to be had, in plain words; null when they are. */
export function whyNoTiling(service: Capability | undefined, feature: string): string | null {
  if (!service || service.models.length === 0) {
    return asClause(service?.reason ?? t("the tiling service is not running"));
  }
  const offer = service.features.find(({ name }) => name === feature);
  if (!offer) return t("this studio does not offer it");
  if (!offer.enabled) return asClause(offer.reason ?? t("it is switched off"));
  return tilingModels(service).length > 0 ? null : t("no installed model can do it");
}

/** The models that can paint in tiles: those that paint from words. */
export function tilingModels(service: Capability | undefined): Model[] {
  return service?.models.filter(({ features }) => features.includes("text_to_image")) ?? [];
}

/** A size that is too long and thin for tiles, told at the longer side. */
export function tooThin({ width, height }: Size): Obstacle | undefined {
  const [longer, shorter] = [Math.max(width, height), Math.min(width, height)];
  if (longer <= MAX_RATIO * shorter) return undefined;
  const message = t("{{width}} × {{height}} is too long and thin; at most {{most}} to 1 fits.", {
    width,
    height,
    most: MAX_RATIO,
  });
  return { field: width > height ? "width" : "height", message };
}
