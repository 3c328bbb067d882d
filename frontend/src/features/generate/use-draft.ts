import { useSessionStorage } from "@mantine/hooks";
import type { Settings } from "@/api/job";
import { EMPTY_DRAFT } from "./draft";

/** The form's values; they survive a reload of the tab. */
export function useDraft() {
  const [draft, setDraft] = useSessionStorage<Settings>({
    key: "limner.draft",
    defaultValue: EMPTY_DRAFT,
    getInitialValueInEffect: false,
  });
  return { draft, setDraft };
}
