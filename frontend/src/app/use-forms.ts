import { useSessionStorage } from "@mantine/hooks";
import type { Job } from "@/api/gen";
import { describesResult, originalOf, settingsOf } from "@/api/job";
import type { Picture } from "@/api/pictures";
import { restoreTask } from "@/features/edit/restore";
import { withPictures } from "@/features/edit/task";
import { toUpscaling } from "@/features/edit/upscale";
import { useEditTask } from "@/features/edit/use-edit-task";
import { useDraft } from "@/form/use-draft";

export type Mode = "generate" | "edit";

/** What is in the forms of both modes and which is open; `onOpened` follows a jump from elsewhere into one. */
export function useForms(onOpened: () => void) {
  const [mode, setMode] = useSessionStorage<Mode>({
    key: "limner.mode",
    defaultValue: "generate",
    getInitialValueInEffect: false,
  });
  const { draft, setDraft } = useDraft();
  const { task, setTask } = useEditTask();

  const open = (mode: Mode) => {
    setMode(mode);
    onOpened();
  };
  const edit = (picture: Picture) => {
    setTask((task) => withPictures(task, [picture]));
    open("edit");
  };
  const upscale = (job: Job, picture: Picture) => {
    // What was asked for is what the picture shows, unless it was told how to change another.
    const prompt = describesResult(job) ? settingsOf(job).prompt : "";
    setDraft((draft) => ({ ...draft, prompt }));
    setTask((task) => toUpscaling(task, picture));
    open("edit");
  };
  const reuse = async (job: Job, seed: number) => {
    const settings = { ...settingsOf(job), seed, count: 1 };
    if (originalOf(job) === null && job.kind !== "controlnet") {
      setDraft(settings);
      open("generate");
      return;
    }
    setTask(await restoreTask(job));
    setDraft(({ width, height }) => ({ ...settings, width, height }));
    open("edit");
  };
  return { mode, setMode, draft, setDraft, task, setTask, edit, upscale, reuse };
}
