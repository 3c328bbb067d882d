import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { Job, JobImage } from "@/api/gen";
import { settingsOf } from "@/api/job";
import { spanInWords } from "@/components/words";
import { t } from "@/i18n";
import classes from "./Facts.module.css";

/** The numbers that a picture was made from. */
export function Facts({ job, image }: { job: Job; image: JobImage | undefined }) {
  const { width, height, steps, guidance_scale, model } = settingsOf(job);
  const took = image && secondsOf(job);
  return (
    <dl className={classes.facts}>
      {image && (
        <div>
          <dt>{t("Seed")}</dt>
          <dd>
            {image.seed} <CopySeed seed={image.seed} />
          </dd>
        </div>
      )}
      <Fact name={t("Size")} value={`${image?.width ?? width} × ${image?.height ?? height}`} />
      <Fact name={t("Steps")} value={steps} />
      <Fact name={t("Guidance")} value={guidance_scale} />
      <Fact name={t("Model")} value={model} />
      <Fact name={t("Weights")} value={job.tier} reason={job.tier_reason} />
      <Fact name={t("Took")} value={took ? spanInWords(took) : null} />
    </dl>
  );
}

interface FactProps {
  name: string;
  value: string | number | null;
  /** Why it is so, in plain words. */
  reason?: string | null;
}

function Fact({ name, value, reason = null }: FactProps) {
  return value === null ? null : (
    <div>
      <dt>{name}</dt>
      <dd>{reason ? `${value}: ${reason}` : value}</dd>
    </div>
  );
}

function CopySeed({ seed }: { seed: number }) {
  return (
    <CopyButton value={String(seed)}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("Copied") : t("Copy the seed")}>
          <ActionIcon size="xs" aria-label={t("Copy the seed")} onClick={copy}>
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

function secondsOf({ started_at, finished_at }: Job): number | null {
  if (started_at === null || finished_at === null) return null;
  return Math.max(1, (Date.parse(finished_at) - Date.parse(started_at)) / 1000);
}
