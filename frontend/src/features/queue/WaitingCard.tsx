import { useSortable } from "@dnd-kit/react/sortable";
import { IconGripVertical, IconX } from "@tabler/icons-react";
import { type KeyboardEvent, lazy, memo, useEffect, useRef, useState } from "react";
import type { Job } from "@/api/gen";
import { IconButton } from "@/components/IconButton";
import { MenuButton } from "@/components/MenuButton";
import { capitalised, placeInLine, remainingOf, titleOf } from "@/components/words";
import type { CardActions } from "./actions";
import { moveOf } from "./keys";
import classes from "./QueueDrawer.module.css";
import { PRIORITIES, WORDS } from "./words";

// No part of the first load.
const CardMenu = lazy(async () => ({ default: (await import("./CardMenu")).CardMenu }));

interface WaitingCardProps {
  job: Job;
  /** Among those shown, from 0. */
  place: number;
  count: number;
  isPaused: boolean;
  /** The jobs of its batch that still wait. */
  batch: readonly Job[];
  /** What can be done, at any time; cards are not drawn anew when it changes. */
  latest: () => CardActions;
}

/** One job that waits: where, how long, for what, and what can be done with it. */
export const WaitingCard = memo(function WaitingCard(props: WaitingCardProps) {
  const { job, place, count, isPaused, batch, latest } = props;
  const { ref, handleRef, isDragging } = useSortable({ id: job.id, index: place });
  const select = useRef<HTMLButtonElement>(null);
  const isMoved = useRef(false);
  const [isOpen, setOpen] = useState(false);
  const title = titleOf(job);
  const menu = `${WORDS.actions}: ${title}`;
  const { queue_position, waiting_for } = job.progress;

  const moveByKey = (event: KeyboardEvent) => {
    const move = moveOf(event);
    if (!move) return;
    event.preventDefault();
    isMoved.current = true;
    latest().onMove(place, move);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: an element that changes its place loses the focus
  useEffect(() => {
    if (isMoved.current) select.current?.focus();
    isMoved.current = false;
  }, [place]);

  return (
    <li ref={ref} className={classes.card} data-waiting data-dragging={isDragging || undefined}>
      <IconButton ref={handleRef} className={classes.grip} aria-label={`${WORDS.grip}: ${title}`}>
        <IconGripVertical size={16} stroke={1.7} />
      </IconButton>
      <button
        type="button"
        ref={select}
        className={classes.select}
        aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
        onClick={() => latest().actions.onSelect(job)}
        onKeyDown={moveByKey}
      >
        {title}
      </button>
      <div className={classes.buttons}>
        <MenuButton label={menu} isOpen={isOpen} onOpen={setOpen}>
          {(onChange) => (
            <CardMenu label={menu} {...{ job, place, count, batch, latest, onChange }} />
          )}
        </MenuButton>
        <IconButton
          aria-label={`${WORDS.cancel}: ${title}`}
          onClick={() => latest().actions.onCancel([job])}
        >
          <IconX size={16} stroke={1.7} />
        </IconButton>
      </div>
      <div className={classes.progress}>
        <div className={classes.state}>
          <span>{capitalised(placeInLine(queue_position ?? place + 1))}</span>
          <span>{remainingOf(job)}</span>
        </div>
        {waiting_for && !isPaused && (
          <div className={classes.reason}>{WORDS.reason(waiting_for)}</div>
        )}
        {(job.priority !== "normal" || batch.length > 0) && (
          <div className={classes.tags}>
            {job.priority !== "normal" && (
              <span className={classes.tag} data-priority={job.priority}>
                {PRIORITIES[job.priority]}
              </span>
            )}
            {batch.length > 0 && <span className={classes.tag}>{WORDS.batch(batch.length)}</span>}
          </div>
        )}
      </div>
    </li>
  );
});
