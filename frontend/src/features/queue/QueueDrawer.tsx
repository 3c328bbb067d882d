import { Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { Job } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import type { QueueActions } from "./actions";
import { FailedList } from "./FailedList";
import classes from "./QueueDrawer.module.css";
import { QueueHead } from "./QueueHead";
import { WorkingCard } from "./WorkingCard";
import { WORDS } from "./words";

// What drags cards is no part of the first load.
const WaitingList = lazy(async () => ({
  default: (await import("./WaitingList")).WaitingList,
}));

interface QueueDrawerProps {
  /** What is at work and then what waits, in order. */
  active: readonly Job[];
  failed: readonly Job[];
  /** How many wait, everybody's jobs together. */
  total: number;
  isPaused: boolean;
  heldUpBy: string | null;
  /** Seconds until all that is shown is done; null while unknown. */
  eta_s: number | null;
  /** Why the last thing that was tried did not work. */
  problem: string | null;
  /** What to ask for after memory did not suffice. */
  lessMemory: (job: Job) => LessMemory | null;
  actions: QueueActions;
}

const SHOWN = 200;

/** What is being painted, what comes next, and what went wrong. */
export function QueueDrawer(props: QueueDrawerProps) {
  const { active, failed, total, isPaused, heldUpBy, eta_s, problem, lessMemory, actions } = props;
  const working = active.filter(({ status }) => status !== "queued");
  const waiting = active.filter(({ status }) => status === "queued");
  const others = total - waiting.length;
  return (
    <Stack gap="sm">
      <QueueHead
        count={active.length}
        waiting={waiting.length}
        isPaused={isPaused}
        eta_s={eta_s}
        onPause={actions.onPause}
        onClear={actions.onClear}
      />
      {isPaused && <Notice>{WORDS.paused}</Notice>}
      {!isPaused && heldUpBy && waiting.length > 0 && <Notice>{WORDS.heldUp(heldUpBy)}</Notice>}
      {problem && (
        <Text size="sm" c="var(--alarm)" role="alert">
          {problem}
        </Text>
      )}
      {active.length === 0 && (
        <Text size="sm" c="dimmed">
          {WORDS.empty}
        </Text>
      )}
      {working.length > 0 && (
        <ul className={classes.list} aria-label={WORDS.working}>
          {working.map((job) => (
            <WorkingCard key={job.id} job={job} actions={actions} />
          ))}
        </ul>
      )}
      {waiting.length > 0 && (
        <Suspense>
          <WaitingList jobs={waiting.slice(0, SHOWN)} isPaused={isPaused} actions={actions} />
        </Suspense>
      )}
      {waiting.length > SHOWN && (
        <Text size="xs" c="dimmed">
          {WORDS.more(waiting.length - SHOWN)}
        </Text>
      )}
      {others > 0 && waiting.length <= SHOWN && (
        <Text size="xs" c="dimmed">
          {waiting.length === SHOWN ? WORDS.more(others) : WORDS.others(others)}
        </Text>
      )}
      {failed.length > 0 && <FailedList jobs={failed} lessMemory={lessMemory} actions={actions} />}
    </Stack>
  );
}

function Notice({ children }: { children: string }) {
  return <p className={classes.notice}>{children}</p>;
}
