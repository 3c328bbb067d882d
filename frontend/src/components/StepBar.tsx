import { Progress } from "@mantine/core";
import type { Job } from "@/api/gen";
import { t } from "@/i18n";
import { activityOf, fractionOf } from "./words";

/** How far a job is, drawn. */
export function StepBar({ job }: { job: Job }) {
  const percent = Math.round(fractionOf(job) * 100);
  return (
    <Progress.Root
      size={5}
      radius="xl"
      transitionDuration={200}
      role="progressbar"
      aria-label={t("Progress")}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={activityOf(job)}
    >
      <Progress.Section
        withAria={false}
        value={percent}
        color={job.status === "cancelling" ? "gray" : "verdigris"}
      />
    </Progress.Root>
  );
}
