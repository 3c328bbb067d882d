import { Button, Group, Stack, Text } from "@mantine/core";
import type { Job } from "@/api/gen";
import { StepBar } from "@/components/StepBar";
import { activityOf, remainingOf } from "@/components/words";

/** How far an unfinished job is, with the way to stop it. */
export function Working({ job, onCancel }: { job: Job; onCancel: (job: Job) => void }) {
  return (
    <Stack gap={8}>
      <StepBar job={job} />
      <Group justify="space-between" wrap="nowrap" align="center">
        <Text size="sm">
          {activityOf(job)}
          <Text span c="dimmed">
            {remainingOf(job) && `, ${remainingOf(job)} left`}
          </Text>
        </Text>
        <Button
          variant="default"
          size="compact-sm"
          disabled={job.status === "cancelling"}
          onClick={() => onCancel(job)}
        >
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
