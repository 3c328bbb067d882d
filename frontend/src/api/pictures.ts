import { queryOptions, skipToken } from "@tanstack/react-query";
import {
  type ControlImage,
  type InspectedImage,
  inspectImage,
  type PreprocessRequest,
  preprocess,
  type UploadedImage,
  uploadImage,
} from "./gen";
import { answerOf } from "./problem";

/** A picture that jobs may refer to. */
export interface Picture {
  id: string;
  url: string;
  width: number;
  height: number;
}

/** Hands a file to the studio, which finds out by itself what kind of picture it is. */
export function uploadPicture(body: Blob): Promise<UploadedImage> {
  return answerOf(uploadImage({ body, headers: { "Content-Type": "application/octet-stream" } }));
}

/** The address of a picture that is known by its id only. */
export function urlOf(id: string): string {
  return `/images/${id}`;
}

/** The address of a small version, at most so many pixels on its longer side. */
export function thumbnailOf(id: string, size_px: 128 | 256 | 512): string {
  return `/images/${id}/thumbnail?size=${size_px}`;
}

/** Reads from a file how the studio painted it. */
export function inspectPicture(body: Blob): Promise<InspectedImage> {
  // Of a large file its beginning is enough.
  const start = body.size > INSPECTED_BYTES ? body.slice(0, INSPECTED_BYTES) : body;
  return answerOf(
    inspectImage({ body: start, headers: { "Content-Type": "application/octet-stream" } }),
  );
}

const INSPECTED_BYTES = 32 * 1024 * 1024;

/** Looks at a picture that is known by its id only. */
export async function findPicture(id: string): Promise<Picture> {
  const image = new Image();
  image.src = urlOf(id);
  await image.decode();
  return { id, url: urlOf(id), width: image.naturalWidth, height: image.naturalHeight };
}

/** How strong an edge must be, 0 to 255: from `low` on beside a strong one, from `high` on by itself. */
export interface Thresholds {
  low: number;
  high: number;
}

/** What a ControlNet takes, made from a photograph; without a wish nothing is made. */
export const controlImageQuery = (wish: PreprocessRequest | null) =>
  queryOptions<ControlImage>({
    queryKey: ["control image", wish],
    queryFn: wish ? () => answerOf(preprocess({ body: wish })) : skipToken,
    retry: false,
  });
