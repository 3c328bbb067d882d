import { useLocalStorage } from "@mantine/hooks";

/** How much of the form is shown; the browser keeps it. */
export type Scope = "simple" | "all";

export function useScope() {
  const [scope, setScope] = useLocalStorage<Scope>({
    key: "limner.scope",
    defaultValue: "simple",
    getInitialValueInEffect: false,
  });
  return { scope, setScope };
}
