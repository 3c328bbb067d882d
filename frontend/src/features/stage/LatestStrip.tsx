import { UnstyledButton } from "@mantine/core";
import { useMemo } from "react";
import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";
import { latestOf } from "./pair";
import classes from "./Strip.module.css";
import { WORDS } from "./words";

interface LatestStripProps {
  jobs: readonly Job[];
  /** The id of the job on the stage. */
  shown: string;
  onSelect: (job: Job) => void;
}

const SHOWN = 12;

/** What came of the latest runs, close at hand while the next one is tried. */
export function LatestStrip({ jobs, shown, onSelect }: LatestStripProps) {
  const latest = useMemo(() => latestOf(jobs, SHOWN), [jobs]);
  if (latest.length < 2) return null;
  return (
    <fieldset className={classes.latest} aria-label={WORDS.latest}>
      {latest.map(({ job, src }) => (
        <UnstyledButton
          key={job.id}
          className={classes.thumb}
          aria-label={titleOf(job)}
          aria-pressed={job.id === shown}
          onClick={() => onSelect(job)}
        >
          <img src={src} alt="" decoding="async" />
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
