import { useWindowEvent } from "@mantine/hooks";
import { useState } from "react";

/** Whether the space bar is held for the canvas: `isOver` says that the pointer is there. */
export function useSpace(isOver: boolean): boolean {
  const [isHeld, setHeld] = useState(false);
  useWindowEvent("keydown", (event) => {
    if (event.key !== " " || !isOver || isTyping(event.target)) return;
    event.preventDefault(); // the page does not scroll meanwhile
    setHeld(true);
  });
  useWindowEvent("keyup", (event) => event.key === " " && setHeld(false));
  useWindowEvent("blur", () => setHeld(false));
  return isHeld;
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && target.type === "text";
}
