import type { Job } from "@/api/gen";
import { settingsOf } from "@/api/job";

/** What a listener should hear when a job changes; null when nothing worth saying happened. */
export function announcement(before: Job["status"] | undefined, job: Job): string | null {
  if (before === undefined || before === job.status) return null;
  const { prompt } = settingsOf(job);
  switch (job.status) {
    case "running":
      return `Painting: ${prompt}`;
    case "succeeded":
      return `Finished: ${prompt}`;
    case "failed":
      return `Failed: ${prompt}. ${job.error?.message ?? ""}`;
    case "cancelled":
      return `Cancelled: ${prompt}`;
    default:
      return null;
  }
}
