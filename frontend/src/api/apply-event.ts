import type { QueryClient } from "@tanstack/react-query";
import { capabilitiesQuery } from "./capabilities";
import type { StudioEvent } from "./events";
import type { Job } from "./gen";
import { applyToHistories } from "./history";
import { isFinal, mergeIntoActive } from "./job";
import { activeQuery, jobQuery, jobsKey, previewQuery } from "./jobs";
import { lineQuery, queueQuery } from "./queue";
import { applyDownload, modelsQuery } from "./system";

/** Brings everything that was fetched up to date with one event. */
export function applyEvent(client: QueryClient, event: StudioEvent): void {
  switch (event.type) {
    case "job":
      applyJob(client, event.job);
      break;
    case "preview":
      client.setQueryData(previewQuery(event.job_id).queryKey, event);
      break;
    case "queue":
      client.setQueryData(queueQuery.queryKey, event);
      break;
    case "download":
      applyDownload(client, event.download);
      break;
    case "reset":
      void client.invalidateQueries({ queryKey: jobsKey });
      void client.invalidateQueries({ queryKey: lineQuery.queryKey });
      void client.invalidateQueries({ queryKey: capabilitiesQuery.queryKey });
      void client.invalidateQueries({ queryKey: modelsQuery.queryKey });
  }
}

/** Brings the lists up to date with a snapshot of one job. */
export function applyJob(client: QueryClient, job: Job): void {
  applyToHistories(client, job);
  client.setQueryData(activeQuery.queryKey, (old) => old && mergeIntoActive(old, job));
  client.setQueryData(jobQuery(job.id).queryKey, job);
  if (!isFinal(job)) return;
  client.removeQueries({ queryKey: previewQuery(job.id).queryKey });
  // A list on its way may be older than this last word, and no further event would correct it.
  if (client.isFetching({ queryKey: jobsKey }) > 0) {
    void client.invalidateQueries({ queryKey: jobsKey });
  }
}

/** Brings the lists up to date with the answer to a call, unless events have overtaken it on the way. */
export function applyAnswer(client: QueryClient, job: Job): void {
  const known = client.getQueryData(jobQuery(job.id).queryKey);
  const isOvertaken = known !== undefined && (isFinal(known) || job.status === "queued");
  if (!isOvertaken) applyJob(client, job);
}
