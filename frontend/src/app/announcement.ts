import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";

/** What a listener should hear when a job changes; null when nothing worth saying happened. */
export function announcement(before: Job["status"] | undefined, job: Job): string | null {
  if (before === undefined || before === job.status) return null;
  const title = titleOf(job);
  switch (job.status) {
    case "running":
      return `Painting: ${title}`;
    case "succeeded":
      return `Finished: ${title}`;
    case "failed":
      return `Failed: ${title}. ${job.error?.message ?? ""}`;
    case "cancelled":
      return `Cancelled: ${title}`;
    default:
      return null;
  }
}
