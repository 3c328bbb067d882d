import type { Job, JobImage } from "@/api/gen";
import { isFinal } from "@/api/job";

/** The job to show while none is picked: the one at work, else the next, else the newest that ended by itself. */
export function followedJob(active: readonly Job[], history: readonly Job[]): Job | undefined {
  return active[0] ?? history.find(({ status }) => status === "succeeded" || status === "failed");
}

/** The image of a job to show: the picked one, else the first of a finished job; a job at work shows its preview. */
export function shownImage(job: Job, picked: number | null): JobImage | undefined {
  const image = picked === null ? undefined : job.images[picked];
  return image ?? (isFinal(job) ? job.images[0] : undefined);
}
