import { useDebouncedValue } from "@mantine/hooks";
import { useQueries } from "@tanstack/react-query";
import type { ControlImage, PreprocessRequest } from "@/api/gen";
import { controlImageQuery } from "@/api/pictures";
import { pictureOf, wishOf } from "./controls";
import { type EditTask, usedControls } from "./task";

const TYPING_MS = 300;

/** The control image of one control. */
export interface ControlView {
  /** What was made from a photograph last; while another is on its way it is still to be seen. */
  made: ControlImage | undefined;
  state: "made" | "pending" | Error;
  /** The id of the control image to send. */
  id: string | undefined;
}

/** The control images of the controls that act, in their order; those of photographs are made here. */
export function useControlImages(task: EditTask): readonly ControlView[] {
  const controls = usedControls(task);
  const wishes = JSON.stringify(controls.map((control) => wishOf(control, task.pictures)));
  const [settled] = useDebouncedValue(wishes, TYPING_MS);
  const asked: (PreprocessRequest | null)[] = JSON.parse(settled);
  const making = useQueries({ queries: asked.map(controlImageQuery) });
  return controls.map((control, index) => {
    if (wishOf(control, task.pictures) === null) {
      return { made: undefined, state: "made", id: pictureOf(control, task.pictures)?.id };
    }
    const { data, error } = making[index] ?? { data: undefined, error: null };
    const isCurrent = settled === wishes && data !== undefined;
    return { made: data, state: isCurrent ? "made" : (error ?? "pending"), id: data?.id };
  });
}
