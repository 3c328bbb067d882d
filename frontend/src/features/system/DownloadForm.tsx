import { Button, Checkbox, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { CatalogueModel } from "@/api/gen";
import { applyDownload, startDownload } from "@/api/system";
import classes from "./Models.module.css";
import { mustAccept } from "./models";
import { diskInWords, WORDS } from "./words";

/** Has a model fetched, after its licence was accepted where it demands that. */
export function DownloadForm({ model }: { model: CatalogueModel }) {
  const client = useQueryClient();
  const [isAccepted, setAccepted] = useState(false);
  const start = useMutation({
    mutationFn: () => startDownload(model.name, isAccepted),
    onSuccess: (download) => applyDownload(client, download),
  });
  const problem = start.error?.message ?? failureOf(model);
  const isBegun = model.fetched_bytes > 0;
  return (
    <div className={classes.progress}>
      {problem && (
        <Text size="xs" c="var(--alarm)" role="alert">
          {problem}
        </Text>
      )}
      {mustAccept(model) && (
        <Checkbox
          size="xs"
          label={WORDS.accept}
          checked={isAccepted}
          onChange={(event) => setAccepted(event.currentTarget.checked)}
        />
      )}
      <span className={classes.actions}>
        <Button
          variant="default"
          size="compact-sm"
          loading={start.isPending}
          disabled={mustAccept(model) && !isAccepted}
          aria-label={`${isBegun ? WORDS.goOn : WORDS.download}: ${model.title}`}
          onClick={() => start.mutate()}
        >
          {isBegun ? WORDS.goOn : WORDS.download}
        </Button>
        {isBegun && (
          <Text size="xs" c="dimmed">
            {WORDS.fetched(diskInWords(model.fetched_bytes))}
          </Text>
        )}
      </span>
    </div>
  );
}

function failureOf({ download }: CatalogueModel): string | null {
  return download?.state === "failed" ? download.text : null;
}
