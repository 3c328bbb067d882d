import { useHash } from "@mantine/hooks";

/** The hash of the page about the machine; everything else is the studio itself. */
export const SYSTEM = "#system";

/** Which page is open. The studio stays as it is behind the other one. */
export function usePage() {
  const [hash, setHash] = useHash({ getInitialValueInEffect: false });
  return {
    isSystem: hash === SYSTEM,
    openStudio: () => hash === SYSTEM && setHash(""),
  };
}
