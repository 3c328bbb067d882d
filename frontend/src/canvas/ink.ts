import type { Area, Mask } from "./mask";

/** Red, green, blue and opacity, 0 to 255 each. */
export type Colour = readonly [number, number, number, number];

/** Two colours in stripes; the same one twice is plain. */
export type Ink = readonly [Colour, Colour];

const CLEAR: Colour = [0, 0, 0, 0];
const STRIPES_ACROSS = 32;

/** Stripes, because a picture may have either of the colours. */
export const MASK_INK: Ink = [
  [221, 79, 51, 170],
  [255, 255, 255, 170],
];

const SHEER = 150;

/** An ink through which the picture is still seen. */
export function sheer([red, green, blue]: Colour): Ink {
  const colour: Colour = [red, green, blue, SHEER];
  return [colour, colour];
}

/** Colours a part of a mask pixel by pixel, as a canvas takes it; what is outside is `outside`. */
export function coloured(mask: Mask, area: Area, [one, other]: Ink, outside: Colour = CLEAR) {
  const rgba = new Uint8ClampedArray(area.width * area.height * 4);
  const stripe_px = Math.max(2, Math.round(mask.width / STRIPES_ACROSS));
  let at = 0;
  for (let y = area.y; y < area.y + area.height; y++) {
    for (let x = area.x; x < area.x + area.width; x++) {
      const isFirst = Math.floor((x + y) / stripe_px) % 2 === 0;
      const isInside = mask.pixels[y * mask.width + x] !== 0;
      const colour = isInside ? (isFirst ? one : other) : outside;
      rgba[at++] = colour[0];
      rgba[at++] = colour[1];
      rgba[at++] = colour[2];
      rgba[at++] = colour[3];
    }
  }
  return rgba;
}

/** Draws a part of a mask on a canvas of its size. */
export function drawInk(canvas: HTMLCanvasElement, mask: Mask, area: Area, ink: Ink): void {
  if (area.width === 0 || area.height === 0) return;
  const image = new ImageData(coloured(mask, area, ink), area.width, area.height);
  canvas.getContext("2d")?.putImageData(image, area.x, area.y);
}

/** The whole of a mask. */
export function wholeOf({ width, height }: Mask): Area {
  return { x: 0, y: 0, width, height };
}
