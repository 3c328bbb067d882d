import type { Job, JobImage } from "@/api/gen";
import type { PictureActions, Purpose } from "@/components/picture-actions";
import { FIRST_CONTROL } from "@/features/edit/controls";
import { type EditTask, withPictures } from "@/features/edit/task";
import type { useForms } from "./use-forms";

type Forms = ReturnType<typeof useForms>;

/** Puts a finished picture, or something of it, into the form. */
export function usePlacing(
  forms: Forms,
): Pick<PictureActions, "onReuse" | "onPrompt" | "onSeed" | "onUse" | "onUpscale"> {
  return {
    onReuse: (job: Job, { seed }: JobImage) => void forms.reuse(job, { seed }),
    onPrompt: forms.takePrompt,
    onSeed: ({ seed }: JobImage) => forms.setDraft((draft) => ({ ...draft, seed })),
    onUse: (image: JobImage, purpose: Purpose) =>
      forms.place((task) => placed(task, image, purpose)),
    onUpscale: forms.upscale,
  };
}

function placed(task: EditTask, picture: JobImage, purpose: Purpose): EditTask {
  switch (purpose) {
    case "input":
      return withPictures(task, [picture]);
    case "inpaint":
      return { ...withPictures(task, [picture]), way: "inpaint" };
    case "reference": {
      const others = task.pictures.filter(({ id }) => id !== picture.id);
      return { ...withPictures(task, [...others, picture]), way: "instruct" };
    }
    case "control": {
      const controls = [{ ...FIRST_CONTROL, source: "photo" as const }];
      return { ...withPictures(task, [picture]), way: "control", start: "nothing", controls };
    }
  }
}
