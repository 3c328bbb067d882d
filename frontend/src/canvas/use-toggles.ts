import { useState } from "react";

/** A set of things that are on. */
export function useToggles() {
  const [on, setOn] = useState<readonly string[]>([]);
  return {
    has: (id: string) => on.includes(id),
    toggle: (id: string) =>
      setOn((on) => (on.includes(id) ? on.filter((one) => one !== id) : [...on, id])),
  };
}
