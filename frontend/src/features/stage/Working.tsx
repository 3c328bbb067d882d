import { Button, Group, Stack, Text } from "@mantine/core";
import type { Job } from "@/api/gen";
import { StepBar } from "@/components/StepBar";
import { activityOf, remainingOf } from "@/components/words";
import { WORDS } from "./words";

/** How far an unfinished job is, with the way to stop it. */
export function Working({ job, onCancel }: { job: Job; onCancel: (job: Job) => void }) {
  return (
    <Stack gap={8}>
      <StepBar job={job} />
      <Group justify="space-between" wrap="nowrap" align="center">
        <Text component="div" size="sm">
          {activityOf(job)}
          <Text span c="dimmed">
            {remainingOf(job) && WORDS.left(remainingOf(job))}
          </Text>
          {job.status === "queued" && job.progress.waiting_for && (
            <Text component="div" size="sm" c="var(--waiting)">
              {WORDS.waiting(job.progress.waiting_for)}
            </Text>
          )}
        </Text>
        <Button
          variant="default"
          size="compact-sm"
          flex="none"
          disabled={job.status === "cancelling"}
          onClick={() => onCancel(job)}
        >
          {WORDS.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
