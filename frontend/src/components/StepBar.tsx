import { Progress } from "@mantine/core";
import type { Job } from "@/api/gen";
import { activityOf, fractionOf } from "./words";

/** How far a job is, drawn. */
export function StepBar({ job }: { job: Job }) {
  const percent = Math.round(fractionOf(job) * 100);
  return (
    <Progress.Root size={5} radius="xl" transitionDuration={200}>
      <Progress.Section
        value={percent}
        aria-label="Progress"
        aria-valuetext={activityOf(job)}
        color={job.status === "cancelling" ? "gray" : "verdigris"}
      />
    </Progress.Root>
  );
}
