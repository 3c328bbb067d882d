import type { Colour } from "./ink";

const OPAQUE = 255;

/** Colours that differ from each other, and are dark enough for white letters. */
const PALETTE: readonly Colour[] = [
  [179, 38, 30, OPAQUE],
  [11, 87, 208, OPAQUE],
  [20, 108, 46, OPAQUE],
  [142, 36, 170, OPAQUE],
  [138, 80, 0, OPAQUE],
  [0, 105, 110, OPAQUE],
  [173, 20, 87, OPAQUE],
  [68, 84, 106, OPAQUE],
];

/** The colour of the nth thing, from 1 on; they come round after eight. */
export function colourOf(number: number): Colour {
  return PALETTE[(number - 1) % PALETTE.length] ?? [0, 0, 0, OPAQUE];
}

/** A colour as style sheets take it. */
export function toCss([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}
