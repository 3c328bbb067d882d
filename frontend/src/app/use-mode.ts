import { useSessionStorage } from "@mantine/hooks";

export type Mode = "generate" | "edit";

/** Which of the two things is being done; kept for the tab. */
export function useMode() {
  const [mode, setMode] = useSessionStorage<Mode>({
    key: "limner.mode",
    defaultValue: "generate",
    getInitialValueInEffect: false,
  });
  return { mode, setMode };
}
