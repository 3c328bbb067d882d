import { Button, Progress } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { CatalogueModel, Download } from "@/api/gen";
import { endDownload } from "@/api/system";
import classes from "./Models.module.css";
import { shareOf } from "./models";
import { diskInWords, WORDS } from "./words";

interface DownloadBarProps {
  model: CatalogueModel;
  download: Download;
}

/** How far a download is, and the way to end it. */
export function DownloadBar({ model, download }: DownloadBarProps) {
  const cancel = useMutation({ mutationFn: () => endDownload(model.name) });
  const { state, file, done_bytes, total_bytes, bytes_per_s, eta_s } = download;
  const share = shareOf(model);
  return (
    <div className={classes.progress}>
      <Progress
        value={(share ?? 0) * 100}
        aria-label={`${WORDS.download}: ${model.title}`}
        size="sm"
        animated={share === null}
      />
      <span className={classes.figures}>
        <span>{state === "waiting" ? WORDS.queued : WORDS.checking(file)}</span>
        {total_bytes > 0 && (
          <span>
            {WORDS.done(diskInWords(done_bytes), diskInWords(total_bytes))}
            {bytes_per_s !== null && `, ${WORDS.speed(diskInWords(bytes_per_s), eta_s)}`}
          </span>
        )}
      </span>
      <Button
        variant="default"
        size="compact-xs"
        justify="center"
        loading={cancel.isPending}
        aria-label={`${WORDS.cancel}: ${model.title}`}
        onClick={() => cancel.mutate()}
      >
        {WORDS.cancel}
      </Button>
    </div>
  );
}
