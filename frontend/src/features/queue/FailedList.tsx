import { Button, Group, Title } from "@mantine/core";
import { useState } from "react";
import type { Job } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import type { QueueActions } from "./actions";
import { FailedCard } from "./FailedCard";
import classes from "./QueueDrawer.module.css";
import { WORDS } from "./words";

interface FailedListProps {
  jobs: readonly Job[];
  lessMemory: (job: Job) => LessMemory | null;
  actions: QueueActions;
}

const SHOWN = 3; // a whole batch that failed is not to hide what waits

/** What went wrong, the latest first. */
export function FailedList({ jobs, lessMemory, actions }: FailedListProps) {
  const [isOpen, setOpen] = useState(false);
  const hidden = isOpen ? 0 : Math.max(0, jobs.length - SHOWN);
  return (
    <section aria-label={WORDS.failed} className={classes.failures}>
      <Group justify="space-between" wrap="nowrap">
        <Title order={3} className={classes.subheading}>
          {WORDS.failed}
        </Title>
        {jobs.length > 1 && (
          <Button variant="subtle" size="compact-xs" onClick={() => actions.onDismiss(jobs)}>
            {WORDS.dismissAll}
          </Button>
        )}
      </Group>
      <ul className={classes.list}>
        {jobs.slice(0, jobs.length - hidden).map((job) => (
          <FailedCard key={job.id} job={job} lessMemory={lessMemory(job)} actions={actions} />
        ))}
      </ul>
      {hidden > 0 && (
        <Button variant="default" size="compact-xs" onClick={() => setOpen(true)}>
          {WORDS.more(hidden)}
        </Button>
      )}
    </section>
  );
}
