import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { applyAnswer } from "@/api/apply-event";
import type { Job } from "@/api/gen";
import { inQueueOrder } from "@/api/job";
import { activeQuery, cancelJob, historyQuery, queueQuery, retryJob } from "@/api/jobs";

const NO_JOBS: readonly Job[] = [];

/** All jobs of the studio, live, and what can be done with one. */
export function useJobs() {
  const client = useQueryClient();
  const { data: active = NO_JOBS } = useQuery(activeQuery);
  const { data: queue } = useQuery(queueQuery);
  const history = useInfiniteQuery(historyQuery);
  const keep = (job: Job) => applyAnswer(client, job);
  const cancelling = useMutation({ mutationFn: cancelJob, onSuccess: keep });
  const retrying = useMutation({ mutationFn: retryJob, onSuccess: keep });
  return {
    active: inQueueOrder(active, queue?.waiting ?? []),
    heldUpBy: queue?.held_up_by ?? null,
    history: history.data?.pages.flatMap((page) => page.jobs) ?? NO_JOBS,
    isLoaded: history.isSuccess,
    hasMore: history.hasNextPage,
    isLoadingMore: history.isFetchingNextPage,
    showMore: () => void history.fetchNextPage(),
    cancel: (job: Job) => cancelling.mutate(job.id),
    retry: (job: Job) => retrying.mutate(job),
    problem: (cancelling.error ?? retrying.error)?.message ?? null,
  };
}
