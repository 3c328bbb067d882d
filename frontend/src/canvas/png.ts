import { type Colour, coloured, wholeOf } from "./ink";
import type { Mask } from "./mask";

const WHITE: Colour = [255, 255, 255, 255];
const BLACK: Colour = [0, 0, 0, 255];

/** Writes a mask as a PNG file of its own size: white is repainted, black is kept. */
export async function toPng(mask: Mask): Promise<Blob> {
  const { width, height } = mask;
  const canvas = new OffscreenCanvas(width, height);
  const rgba = coloured(mask, wholeOf(mask), [WHITE, WHITE], BLACK);
  canvas.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Reads a mask from a picture's address; what is at least half white is repainted. */
export async function readMask(url: string): Promise<Mask> {
  const bitmap = await createImageBitmap(await (await fetch(url)).blob());
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context?.drawImage(bitmap, 0, 0);
  const rgba = context?.getImageData(0, 0, width, height).data ?? [];
  const pixels = new Uint8Array(width * height);
  for (const index of pixels.keys()) pixels[index] = (rgba[index * 4] ?? 0) > 127 ? 255 : 0;
  return { width, height, pixels };
}
