import { ActionIcon, Button, Group, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { Job } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import { titleOf } from "@/components/words";
import type { QueueActions } from "./actions";
import classes from "./QueueDrawer.module.css";
import { adviceOn, type Remedy, WORDS } from "./words";

interface FailedCardProps {
  job: Job;
  /** What to ask for if memory did not suffice. */
  lessMemory: LessMemory | null;
  actions: QueueActions;
}

/** One job that went wrong, with its cause and the next step. */
export function FailedCard({ job, lessMemory, actions }: FailedCardProps) {
  const title = titleOf(job);
  const advice = job.error ? adviceOn(job.error, lessMemory) : null;
  const tries: Record<Remedy, () => void> = {
    lessMemory: () => lessMemory && actions.onOrder(lessMemory.order),
    edit: () => actions.onEdit(job),
    again: () => actions.onRetry(job),
  };
  // What helps most comes first; the rest is never in vain either.
  const remedies = [...new Set<Remedy>([advice?.remedy ?? "again", "again", "edit"])];
  return (
    <li className={classes.card} data-failed>
      <div className={classes.failure}>
        <UnstyledButton className={classes.select} onClick={() => actions.onSelect(job)}>
          {title}
        </UnstyledButton>
        <Text size="sm" c="var(--alarm)">
          {job.error?.message}
        </Text>
        {advice && (
          <Text size="xs" c="dimmed">
            {advice.sentence}
          </Text>
        )}
        <Group gap={6} className={classes.actions}>
          {remedies.map((remedy, index) => (
            <Button
              key={remedy}
              variant={index === 0 ? "light" : "default"}
              size="compact-xs"
              aria-label={`${WORDS[remedy]}: ${title}`}
              onClick={tries[remedy]}
            >
              {WORDS[remedy]}
            </Button>
          ))}
        </Group>
      </div>
      <Tooltip label={WORDS.dismiss}>
        <ActionIcon
          className={classes.actions}
          size="sm"
          aria-label={`${WORDS.dismiss}: ${title}`}
          onClick={() => actions.onDismiss([job])}
        >
          <IconX size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
