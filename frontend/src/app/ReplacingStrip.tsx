import { Button } from "@mantine/core";
import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";
import { t } from "@/i18n";
import classes from "./ReplacingStrip.module.css";

interface ReplacingStripProps {
  job: Job | null;
  onKeep: () => void;
}

/** Says that what is sent next takes the place of a job that waits. */
export function ReplacingStrip({ job, onKeep }: ReplacingStripProps) {
  return (
    <div role="status">
      {job && (
        <div className={classes.strip}>
          <span className={classes.words}>
            {t("Takes the place of: {{title}}", { title: titleOf(job) })}
          </span>
          <Button variant="default" size="compact-xs" flex="none" onClick={onKeep}>
            {t("Keep both")}
          </Button>
        </div>
      )}
    </div>
  );
}
