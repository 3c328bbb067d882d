import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/gen";
import { previewQuery } from "@/api/jobs";
import { StepBar } from "@/components/StepBar";
import { activityOf, remainingOf, titleOf } from "@/components/words";
import type { QueueActions } from "./actions";
import classes from "./QueueDrawer.module.css";
import { WORDS } from "./words";

/** One job at work. */
export function WorkingCard({ job, actions }: { job: Job; actions: QueueActions }) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const title = titleOf(job);
  return (
    <li className={classes.card}>
      {preview ? (
        <img className={classes.thumb} src={preview.data_url} alt="" />
      ) : (
        <div className={classes.thumb} />
      )}
      <UnstyledButton className={classes.select} onClick={() => actions.onSelect(job)}>
        {title}
      </UnstyledButton>
      <Tooltip label={WORDS.cancel}>
        <ActionIcon
          className={classes.actions}
          size="sm"
          aria-label={`${WORDS.cancel}: ${title}`}
          disabled={job.status === "cancelling"}
          onClick={() => actions.onCancel([job])}
        >
          <IconX size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <div className={classes.progress}>
        <StepBar job={job} />
        <div className={classes.state}>
          <span>{activityOf(job)}</span>
          <span>{remainingOf(job)}</span>
        </div>
      </div>
    </li>
  );
}
