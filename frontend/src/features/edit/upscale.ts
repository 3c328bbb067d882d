import type { Model, TiledRequest } from "@/api/gen";
import type { Settings } from "@/api/job";
import type { Picture } from "@/api/pictures";
import type { Size } from "@/canvas/geometry";
import { toRequest } from "@/form/draft";
import { type Obstacle, outside } from "@/form/obstacles";
import { upscaledTiles } from "@/form/tile-plan";
import { MAX_SIDE_PX, tooThin } from "@/form/tiling";
import { t } from "@/i18n";
import { type EditTask, STRENGTHS, withPictures } from "./task";

const USUAL_SCALES = [2, 4, 8] as const;
const MULTIPLE_PX = 16;

/** By how much a picture can be enlarged: the usual scales, and the largest if it lies between them. */
export function scalesFor({ width, height }: Size): number[] {
  const most = Math.floor((MAX_SIDE_PX / Math.max(width, height)) * 100) / 100;
  const usual = USUAL_SCALES.filter((scale) => scale <= most);
  const isBetween = most > 1 && most < 8 && !usual.some((scale) => scale === most);
  return isBetween ? [...usual, most] : usual;
}

function usualScale(picture: Size): number {
  return scalesFor(picture)[0] ?? USUAL_SCALES[0];
}

/** The form, about to enlarge this picture. */
export function toUpscaling(task: EditTask, picture: Picture): EditTask {
  const scale = usualScale(picture);
  return { ...withPictures(task, [picture]), way: "upscale", scale };
}

/** The size to which a picture is enlarged. */
export function upscaledSize({ width, height }: Size, scale: number): Size {
  const side = (length_px: number) =>
    Math.max(1, Math.round((length_px * scale) / MULTIPLE_PX)) * MULTIPLE_PX;
  return { width: side(width), height: side(height) };
}

/** The scale that leads from a picture to a size. */
export function scaleBetween(picture: Size, { width, height }: Size): number {
  const isReached = (scale: number) => {
    const size = upscaledSize(picture, scale);
    return size.width === width && size.height === height;
  };
  const exact = Math.max(width / picture.width, height / picture.height);
  return scalesFor(picture).find(isReached) ?? Math.round(exact * 100) / 100;
}

/** In how many tiles the first picture is painted finer. */
export function tilesOf(picture: Size, scale: number, model: Model): number {
  return upscaledTiles(picture, upscaledSize(picture, scale), model);
}

/** Everything that keeps the first picture from being enlarged. */
export function upscaleObstacles(
  { pictures, scale, creativity }: EditTask,
  model: Model | undefined,
): Obstacle[] {
  const [picture] = pictures;
  return [
    picture && badTarget(picture, upscaledSize(picture, scale), model),
    outside("strength", t("Creativity"), creativity, STRENGTHS),
  ].filter((obstacle) => obstacle !== undefined);
}

function badTarget(picture: Size, target: Size, model: Model | undefined): Obstacle | undefined {
  const told = (message: string): Obstacle => ({ field: "scale", message });
  const words = `${target.width} × ${target.height}`;
  if (scalesFor(picture).length === 0) {
    return told(
      t("This picture has {{most}} pixels already, which is the most.", { most: MAX_SIDE_PX }),
    );
  }
  if (Math.max(target.width, target.height) > MAX_SIDE_PX) {
    return told(
      t("It would have {{size}} pixels; {{most}} is the most for a side.", {
        size: words,
        most: MAX_SIDE_PX,
      }),
    );
  }
  const least_px = model?.min_side_px ?? 0;
  if (Math.min(target.width, target.height) < least_px) {
    return told(
      t("It would have {{size}} pixels; a side has at least {{least}}.", {
        size: words,
        least: least_px,
      }),
    );
  }
  const thin = tooThin(target);
  return thin && told(thin.message);
}

/** Writes the form as a request to enlarge. The size is told, not the scale, so that all who read it know it. */
export function toUpscale(draft: Settings, task: EditTask): TiledRequest {
  const [picture] = task.pictures;
  return {
    ...toRequest({ ...draft, width: null, height: null }),
    ...(picture && { ...upscaledSize(picture, task.scale), image: picture.id }),
    strength: task.creativity,
  };
}

/** Reads an order to enlarge back into the form. */
export function readUpscale(body: TiledRequest, picture: Size | undefined): Partial<EditTask> {
  const { width, height, scale, strength } = body;
  const asked = picture && width && height ? scaleBetween(picture, { width, height }) : scale;
  return { ...(asked && { scale: asked }), ...(strength && { creativity: strength }) };
}
