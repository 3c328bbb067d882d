import { useCallback, useLayoutEffect, useRef } from "react";

/** A function that returns the latest value and is itself always the same, so that nothing is drawn anew for it. */
export function useLatest<Value>(value: Value): () => Value {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return useCallback(() => latest.current, []);
}
