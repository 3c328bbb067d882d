import { useDebouncedValue, useSessionStorage } from "@mantine/hooks";
import { useMemo } from "react";
import { EVERYTHING, type Search } from "@/api/search";

const TYPING_MS = 250;

/** What is looked for in the history; it survives a reload of the tab. */
export function useSearch() {
  const [search, setSearch] = useSessionStorage<Search>({
    key: "limner.search",
    defaultValue: EVERYTHING,
    getInitialValueInEffect: false,
    // What an older page stored may lack a field.
    deserialize: (stored) => ({ ...EVERYTHING, ...JSON.parse(stored ?? "{}") }),
  });
  const [words] = useDebouncedValue(search.words, TYPING_MS);
  // Words that are being typed are not looked for one letter after the other.
  const settled = useMemo(() => ({ ...search, words: words.trim() }), [search, words]);
  return { search, settled, setSearch };
}
