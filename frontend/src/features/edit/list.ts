/** An entry of a list that people add to, reorder and take from. */
export interface Numbered {
  id: number;
}

/** The smallest number from 1 on that none of the entries has. */
export function freeNumber(items: readonly Numbered[]): number {
  const taken = items.map(({ id }) => id);
  let id = 1;
  while (taken.includes(id)) id++;
  return id;
}

export function changed<Item extends Numbered>(
  items: readonly Item[],
  id: number,
  part: Partial<Item>,
): Item[] {
  return items.map((item) => (item.id === id ? { ...item, ...part } : item));
}

export function without<Item extends Numbered>(items: readonly Item[], id: number): Item[] {
  return items.filter((item) => item.id !== id);
}

/** The list with one entry moved up (-1) or down (1), as far as it goes. */
export function shifted<Item extends Numbered>(
  items: readonly Item[],
  id: number,
  by: -1 | 1,
): Item[] {
  const from = items.findIndex((item) => item.id === id);
  const [one, other] = [items[from], items[from + by]];
  if (!one || !other) return [...items];
  return items.map((item) => (item === one ? other : item === other ? one : item));
}
