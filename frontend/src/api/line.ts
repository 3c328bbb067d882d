/** Where somebody wants a waiting job to be. */
export type Move = "first" | "up" | "down" | "last";

/** The place, from 0, that a move ends at. */
export function placeAfter(move: Move, place: number, count: number): number {
  const wanted = { first: 0, up: place - 1, down: place + 1, last: count - 1 }[move];
  return Math.min(Math.max(wanted, 0), count - 1);
}

/** The order after the job at one place was put at another. */
export function movedTo(ids: readonly string[], from: number, to: number): string[] {
  const rest = ids.filter((_, place) => place !== from);
  return [...rest.slice(0, to), ...ids.slice(from, from + 1), ...rest.slice(to)];
}

/** The least of a new order that has to be told: whoever is not named follows as before. */
export function toldOf(before: readonly string[], after: readonly string[]): string[] {
  const lastChanged = after.findLastIndex((id, place) => id !== before[place]);
  return after.slice(0, lastChanged + 1);
}
