import type { Move } from "@/api/line";
import { chordOf, type Pressed } from "@/components/chord";

/** The keys that move a card which has the focus. */
export const MOVE_KEYS: Readonly<Record<Move, string>> = {
  up: "Alt+ArrowUp",
  down: "Alt+ArrowDown",
  first: "Alt+Home",
  last: "Alt+End",
};

const MOVES = Object.entries(MOVE_KEYS) as [Move, string][];

/** Where these keys move a card; undefined for any others. */
export function moveOf(pressed: Pressed): Move | undefined {
  return MOVES.find(([, chord]) => chord === chordOf(pressed))?.[0];
}
