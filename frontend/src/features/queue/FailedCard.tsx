import { ActionIcon, Button, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { Job } from "@/api/gen";
import { settingsOf } from "@/api/job";
import classes from "./QueueDrawer.module.css";

interface FailedCardProps {
  job: Job;
  onSelect: (job: Job) => void;
  onRetry: (job: Job) => void;
  onDismiss: (job: Job) => void;
}

/** One job that went wrong, with its cause and the next step. */
export function FailedCard({ job, onSelect, onRetry, onDismiss }: FailedCardProps) {
  const { prompt } = settingsOf(job);
  return (
    <li className={classes.card} data-failed>
      <div className={classes.failure}>
        <UnstyledButton className={classes.select} onClick={() => onSelect(job)}>
          {prompt}
        </UnstyledButton>
        <Text size="sm" c="var(--alarm)">
          {job.error?.message}
        </Text>
        <Button
          className={classes.actions}
          variant="default"
          size="compact-xs"
          aria-label={`Try again: ${prompt}`}
          onClick={() => onRetry(job)}
        >
          Try again
        </Button>
      </div>
      <Tooltip label="Dismiss">
        <ActionIcon
          className={classes.actions}
          size="sm"
          aria-label={`Dismiss: ${prompt}`}
          onClick={() => onDismiss(job)}
        >
          <IconX size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
