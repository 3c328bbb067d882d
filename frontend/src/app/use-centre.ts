import { useDidUpdate } from "@mantine/hooks";
import { useState } from "react";
import { usesCanvas } from "@/features/edit/task";
import type { View } from "./Centre";
import type { useForms } from "./use-forms";

/** What one looks at in the centre, and the room that the canvas has there. */
export function useView() {
  const [view, setView] = useState<View>("canvas");
  const [room, setRoom] = useState<HTMLElement | null>(null);
  return { view, setView, room, setRoom };
}

/** Turns to the canvas when a way is taken on which something is to be drawn. */
export function useCanvasOfWay(forms: ReturnType<typeof useForms>, setView: (view: View) => void) {
  const way = hasCanvas(forms) ? forms.task.way : null;
  useDidUpdate(() => {
    if (way) setView("canvas");
  }, [way]);
}

/** Whether there is something to be drawn on in the mode that is open. */
export function hasCanvas({ mode, guided, task }: ReturnType<typeof useForms>): boolean {
  return (mode === "edit" || guided !== null) && usesCanvas(task);
}
