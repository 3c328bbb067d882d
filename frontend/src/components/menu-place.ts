/** A menu stays in sight as a whole, if need be above what opens it; a longer one is scrolled. */
export const MENU_PLACE = { flip: true, shift: { crossAxis: true, padding: 8 } } as const;
export const MENU_HEIGHT = "calc(100dvh - 16px)";
