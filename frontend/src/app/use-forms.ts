import { useSessionStorage } from "@mantine/hooks";
import type { Job } from "@/api/gen";
import { type Asked, describesResult, originalOf, settingsOf } from "@/api/job";
import type { Picture } from "@/api/pictures";
import { restoreTask } from "@/features/edit/restore";
import { type EditTask, isGuided, withPictures } from "@/features/edit/task";
import { toUpscaling } from "@/features/edit/upscale";
import { useEditTask } from "@/features/edit/use-edit-task";
import { useDraft } from "@/form/use-draft";
import { useGuidedWay } from "./use-ways";

export type Mode = "generate" | "edit";

/** What is in the forms of both modes and which is open; `onOpened` follows a jump from elsewhere into one. */
export function useForms(onOpened: () => void) {
  const [mode, setMode] = useSessionStorage<Mode>({
    key: "limner.mode",
    defaultValue: "generate",
    getInitialValueInEffect: false,
  });
  const { draft, setDraft } = useDraft();
  const { task: kept, setTask } = useEditTask();
  const { guided, setGuided } = useGuidedWay();
  // A guided way shares its pictures and regions with editing, but not the way that is open there.
  const way = mode === "generate" ? guided : null;
  const task = way ? { ...kept, way } : kept;
  const changeTask = (change: (task: EditTask) => EditTask) =>
    setTask((kept) => (way ? { ...change({ ...kept, way }), way: kept.way } : change(kept)));

  const open = (mode: Mode) => {
    setMode(mode);
    onOpened();
  };
  const place = (change: (task: EditTask) => EditTask) => {
    const placed = change(kept);
    setTask(({ way }) => (isGuided(placed.way) ? { ...placed, way } : placed));
    if (isGuided(placed.way)) setGuided(placed.way);
    open(isGuided(placed.way) ? "generate" : "edit");
  };
  const takePrompt = (job: Asked) => {
    const { prompt, negative_prompt } = settingsOf(job);
    setDraft((draft) => ({ ...draft, prompt, negative_prompt }));
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
  const reuse = async (
    job: Asked & Partial<Job>,
    { seed, count = 1 }: { seed: number | null; count?: number },
  ) => {
    const settings = { ...settingsOf(job), seed, count };
    if (originalOf(job) === null && job.kind !== "controlnet") {
      setDraft(settings);
      setGuided(null);
      open("generate");
      return;
    }
    const restored = await restoreTask(job);
    setDraft(({ width, height }) => ({ ...settings, width, height }));
    place(() => restored);
  };
  return {
    mode,
    setMode,
    draft,
    setDraft,
    task,
    setTask: changeTask,
    guided,
    setGuided,
    edit,
    upscale,
    reuse,
    place,
    takePrompt,
  };
}
