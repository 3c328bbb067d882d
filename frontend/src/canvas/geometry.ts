export interface Size {
  width: number;
  height: number;
}

/** A place on the screen, in CSS pixels; never to be taken for a place in a picture. */
export interface ScreenPoint {
  readonly on?: "screen";
  readonly x: number;
  readonly y: number;
}

/** A place in a picture, in the picture's own pixels. */
export interface ImagePoint {
  readonly on?: "image";
  readonly x: number;
  readonly y: number;
}

/** Where a picture is drawn on the screen. */
export interface Frame extends Size {
  left: number;
  top: number;
}

/** Pixels added on each side of a picture. */
export interface Margins {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const STORED_DIGITS = 10; // a tenth of a pixel is finer than any hand

/** Where in a picture, which fills `frame`, a place on the screen lies. */
export function toImagePoint(point: ScreenPoint, frame: Frame, picture: Size): ImagePoint {
  const x = ((point.x - frame.left) / frame.width) * picture.width;
  const y = ((point.y - frame.top) / frame.height) * picture.height;
  return { x: rounded(x), y: rounded(y) };
}

function rounded(value: number): number {
  return Math.round(value * STORED_DIGITS) / STORED_DIGITS;
}

/** The size of a picture with margins around it. */
export function extended(picture: Size, { left, top, right, bottom }: Margins): Size {
  return { width: picture.width + left + right, height: picture.height + top + bottom };
}

/** Where a picture lies in `whole`, of which `margins` surround it, in per cent as CSS takes them. */
export function placeWithin(whole: Size, { left, top, right, bottom }: Margins) {
  const across = (length_px: number) => `${(length_px / whole.width) * 100}%`;
  const down = (length_px: number) => `${(length_px / whole.height) * 100}%`;
  return {
    left: across(left),
    top: down(top),
    width: across(whole.width - left - right),
    height: down(whole.height - top - bottom),
  };
}
