import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/gen";
import { previewQuery } from "@/api/jobs";
import { StepBar } from "@/components/StepBar";
import { activityOf, remainingOf, titleOf } from "@/components/words";
import classes from "./QueueDrawer.module.css";

interface QueueCardProps {
  job: Job;
  onSelect: (job: Job) => void;
  onCancel: (job: Job) => void;
}

/** One unfinished job. */
export function QueueCard({ job, onSelect, onCancel }: QueueCardProps) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const title = titleOf(job);
  return (
    <li className={classes.card}>
      {preview ? (
        <img className={classes.thumb} src={preview.data_url} alt="" />
      ) : (
        <div className={classes.thumb} />
      )}
      <UnstyledButton className={classes.select} onClick={() => onSelect(job)}>
        {title}
      </UnstyledButton>
      <Tooltip label="Cancel">
        <ActionIcon
          className={classes.actions}
          size="sm"
          aria-label={`Cancel: ${title}`}
          disabled={job.status === "cancelling"}
          onClick={() => onCancel(job)}
        >
          <IconX size={16} stroke={1.7} />
        </ActionIcon>
      </Tooltip>
      <div className={classes.progress}>
        {job.status !== "queued" && <StepBar job={job} />}
        <div className={classes.state}>
          <span>{activityOf(job)}</span>
          <span>{remainingOf(job)}</span>
        </div>
      </div>
    </li>
  );
}
