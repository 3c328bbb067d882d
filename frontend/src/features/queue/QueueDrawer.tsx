import { Stack, Text, Title } from "@mantine/core";
import type { Job } from "@/api/gen";
import { FailedCard } from "./FailedCard";
import { QueueCard } from "./QueueCard";
import classes from "./QueueDrawer.module.css";

interface QueueDrawerProps {
  active: readonly Job[];
  failed: readonly Job[];
  heldUpBy: string | null;
  /** Why the last cancel or retry did not work. */
  problem: string | null;
  onSelect: (job: Job) => void;
  onCancel: (job: Job) => void;
  onRetry: (job: Job) => void;
  onDismiss: (job: Job) => void;
}

/** What is being painted, what comes next, and what went wrong. */
export function QueueDrawer(props: QueueDrawerProps) {
  const { active, failed, heldUpBy, problem, onSelect, onCancel, onRetry, onDismiss } = props;
  return (
    <Stack gap="sm">
      <Title order={2} className={classes.heading}>
        Queue
        {active.length > 0 && <span className={classes.count}>{active.length}</span>}
      </Title>
      {heldUpBy && active.length > 0 && (
        <Text size="sm" c="var(--waiting)">
          Nothing can start now: {heldUpBy}
        </Text>
      )}
      {problem && (
        <Text size="sm" c="var(--alarm)" role="alert">
          {problem}
        </Text>
      )}
      {active.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing is waiting.
        </Text>
      )}
      <ul className={classes.list}>
        {active.map((job) => (
          <QueueCard key={job.id} job={job} onSelect={onSelect} onCancel={onCancel} />
        ))}
        {failed.map((job) => (
          <FailedCard
            key={job.id}
            job={job}
            onSelect={onSelect}
            onRetry={onRetry}
            onDismiss={onDismiss}
          />
        ))}
      </ul>
    </Stack>
  );
}
