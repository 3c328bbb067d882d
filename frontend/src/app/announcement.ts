import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";
import { t } from "@/i18n";

/** What a listener should hear when a job changes; null when nothing worth saying happened. */
export function announcement(before: Job["status"] | undefined, job: Job): string | null {
  if (before === undefined || before === job.status) return null;
  const title = titleOf(job);
  switch (job.status) {
    case "running":
      return t("Painting: {{title}}", { title });
    case "succeeded":
      return t("Finished: {{title}}", { title });
    case "failed":
      return t("Failed: {{title}}. {{message}}", { title, message: job.error?.message ?? "" });
    case "cancelled":
      return t("Cancelled: {{title}}", { title });
    default:
      return null;
  }
}
