import { Accessibility } from "@dnd-kit/dom";
import { DragDropProvider, type DragEndEvent } from "@dnd-kit/react";
import { isSortable } from "@dnd-kit/react/sortable";
import { VisuallyHidden } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import type { Job } from "@/api/gen";
import { type Move, placeAfter } from "@/api/line";
import { useLatest } from "@/components/use-latest";
import { titleOf } from "@/components/words";
import type { QueueActions } from "./actions";
import classes from "./QueueDrawer.module.css";
import { spokenFor } from "./spoken";
import { WaitingCard } from "./WaitingCard";
import { WORDS } from "./words";

const NONE: readonly Job[] = [];

interface WaitingListProps {
  jobs: readonly Job[];
  isPaused: boolean;
  actions: QueueActions;
}

/** The jobs that wait, which can be put in another order by hand and by keys. */
export function WaitingList({ jobs, isPaused, actions }: WaitingListProps) {
  const [said, say] = useState("");
  const batches = useMemo(() => batchesOf(jobs), [jobs]);
  const titles = useRef(new Map<string, string>());
  titles.current = new Map(jobs.map((job) => [job.id, titleOf(job)]));
  const [spoken] = useState(() => Accessibility.configure(spokenFor(titles)));

  const move = (from: number, to: number) => {
    const job = jobs[from];
    if (!job || from === to) return;
    say(WORDS.movedTo(titleOf(job), to + 1, jobs.length));
    actions.onMove(from, to);
  };
  const drop = ({ canceled, operation: { source } }: DragEndEvent) => {
    if (!canceled && isSortable(source)) move(source.initialIndex, source.index);
  };
  const latest = useLatest({
    actions,
    onMove: (from: number, how: Move) => move(from, placeAfter(how, from, jobs.length)),
  });
  return (
    <DragDropProvider
      onDragEnd={drop}
      plugins={(defaults) => [...defaults.filter((one) => one !== Accessibility), spoken]}
    >
      <ol className={classes.list} aria-label={WORDS.waiting}>
        {jobs.map((job, place) => (
          <WaitingCard
            key={job.id}
            job={job}
            place={place}
            count={jobs.length}
            isPaused={isPaused}
            batch={job.batch ? (batches.get(job.batch) ?? NONE) : NONE}
            latest={latest}
          />
        ))}
      </ol>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </DragDropProvider>
  );
}

function batchesOf(jobs: readonly Job[]): Map<string, readonly Job[]> {
  const batches = new Map<string, Job[]>();
  for (const job of jobs) {
    if (job.batch) batches.set(job.batch, [...(batches.get(job.batch) ?? []), job]);
  }
  return batches;
}
