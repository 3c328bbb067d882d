import { useSessionStorage } from "@mantine/hooks";
import type { Settings } from "@/api/job";
import { EMPTY_DRAFT } from "./draft";

/** The form's values; they survive a reload of the tab. */
export function useDraft() {
  const [draft, setDraft] = useSessionStorage<Settings>({
    key: "limner.draft",
    defaultValue: EMPTY_DRAFT,
    getInitialValueInEffect: false,
    // What an older page stored may lack a field.
    deserialize: (stored) => ({ ...EMPTY_DRAFT, ...JSON.parse(stored ?? "{}") }),
  });
  return { draft, setDraft };
}
