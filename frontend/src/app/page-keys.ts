/** The keys that do something wherever the focus is, but where one types. */
export const PAGE_KEYS = { help: "?", generate: "G", edit: "E", prompt: "P", search: "/" } as const;
export type PageAct = keyof typeof PAGE_KEYS;

const ACTS = new Map(
  (Object.entries(PAGE_KEYS) as [PageAct, string][]).map(([act, chord]) => [chord, act]),
);

/** What the page does for a chord; undefined for any other. */
export function pageActOf(chord: string): PageAct | undefined {
  return ACTS.get(chord);
}
