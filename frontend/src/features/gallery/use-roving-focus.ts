import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

/** Which of many tiles the Tab key leads to; it follows the arrow keys, into sight if need be. */
export function useRovingFocus(
  list: RefObject<HTMLElement | null>,
  count: number,
  reveal: (index: number) => void,
) {
  const [wanted, setWanted] = useState(0);
  const isMoving = useRef(false);
  const index = Math.min(wanted, Math.max(0, count - 1));

  // A tile out of sight is drawn some frames after it was scrolled to.
  useEffect(() => {
    if (!isMoving.current) return;
    const tile = list.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    if (!tile) return;
    isMoving.current = false;
    tile.focus({ preventScroll: true });
  });

  const moveTo = (to: number) => {
    isMoving.current = true;
    setWanted(to);
    reveal(to);
  };
  return { index, take: useCallback((taken: number) => setWanted(taken), []), moveTo };
}
