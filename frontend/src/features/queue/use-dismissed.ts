import { useLocalStorage } from "@mantine/hooks";

const REMEMBERED = 200;

/** The failed jobs that this browser need not be told of again. */
export function useDismissed() {
  const [dismissed, setDismissed] = useLocalStorage<string[]>({
    key: "limner.dismissed",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return {
    dismissed,
    dismiss: (ids: readonly string[]) =>
      setDismissed((known) => [...known, ...ids].slice(-REMEMBERED)),
  };
}
