import { ActionIcon, Button, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";
import classes from "./QueueDrawer.module.css";

interface FailedCardProps {
  job: Job;
  onSelect: (job: Job) => void;
  onRetry: (job: Job) => void;
  onDismiss: (job: Job) => void;
}

/** One job that went wrong, with its cause and the next step. */
export function FailedCard({ job, onSelect, onRetry, onDismiss }: FailedCardProps) {
  const title = titleOf(job);
  return (
    <li className={classes.card} data-failed>
      <div className={classes.failure}>
        <UnstyledButton className={classes.select} onClick={() => onSelect(job)}>
          {title}
        </UnstyledButton>
        <Text size="sm" c="var(--alarm)">
          {job.error?.message}
        </Text>
        <Button
          className={classes.actions}
          variant="default"
          size="compact-xs"
          aria-label={`Try again: ${title}`}
          onClick={() => onRetry(job)}
        >
          Try again
        </Button>
      </div>
      <Tooltip label="Dismiss">
        <ActionIcon
          className={classes.actions}
          size="sm"
          aria-label={`Dismiss: ${title}`}
          onClick={() => onDismiss(job)}
        >
          <IconX size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
