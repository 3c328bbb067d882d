import type { Job, JobImage } from "@/api/gen";

/** What can be done with a finished picture. */
export interface PictureActions {
  onReuse: (job: Job, image: JobImage) => void;
  onPrompt: (job: Job) => void;
  onSeed: (image: JobImage) => void;
  onUse: (image: JobImage, purpose: Purpose) => void;
  onUpscale: (job: Job, image: JobImage) => void;
  onCompare: (job: Job, image: JobImage) => void;
  onVary: (job: Job) => void;
  onBatch: (batch: string) => void;
  onStar: (job: Job, isStarred: boolean) => void;
  onDelete: (job: Job) => void;
  /** Why the edit mode, or enlarging, is not to be had; null while it is. */
  offs: { edit: string | null; upscale: string | null };
}

/** As what a picture goes into the form. */
export type Purpose = "input" | "inpaint" | "reference" | "control";
