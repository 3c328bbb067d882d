import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { deleteJobs, type Forgotten, type Job, listJobs } from "./gen";
import { dropFromHistory, mergeIntoHistory } from "./job";
import { jobsKey } from "./jobs";
import { answerOf } from "./problem";
import { finds, type Search, toQuery } from "./search";

const PAGE = 60;

const historyKey = [...jobsKey, "history"] as const;

/** The jobs that a search finds, newest first, page by page. */
export const historyQuery = (search: Search) =>
  infiniteQueryOptions({
    queryKey: [...historyKey, search],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...toQuery(search), limit: PAGE, cursor: pageParam };
      return answerOf(listJobs({ query, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

/** Brings what every search has found up to date with a snapshot of one job. */
export function applyToHistories(client: QueryClient, job: Job): void {
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: historyKey })) {
    const search = queryKey.at(-1) as Search;
    client.setQueryData(
      historyQuery(search).queryKey,
      (old) =>
        old && {
          ...old,
          pages: finds(search, job)
            ? mergeIntoHistory(old.pages, job)
            : dropFromHistory(old.pages, [job.id]),
        },
    );
  }
}

/** Takes jobs out of what every search has found. */
export function dropFromHistories(client: QueryClient, ids: readonly string[]): void {
  for (const { queryKey } of client.getQueryCache().findAll({ queryKey: historyKey })) {
    client.setQueryData(
      historyQuery(queryKey.at(-1) as Search).queryKey,
      (old) => old && { ...old, pages: dropFromHistory(old.pages, ids) },
    );
  }
}

/** Deletes ended jobs for ever, with the pictures that nothing else needs. */
export function forgetJobs(ids: readonly string[]): Promise<Forgotten> {
  return answerOf(deleteJobs({ body: { ids: [...ids] }, keepalive: true })); // also while the page closes
}
