import { useThrottledCallback } from "@mantine/hooks";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { Job } from "@/api/gen";
import { inQueueOrder } from "@/api/job";
import { activeQuery } from "@/api/jobs";
import { lineQuery, queueQuery } from "@/api/queue";

const NO_JOBS: readonly Job[] = [];
const REFRESH_MS = 1000;

/** All that has not ended, live and in order, and what is known of the queue as a whole. */
export function useQueue() {
  const client = useQueryClient();
  const { data: jobs = NO_JOBS } = useQuery(activeQuery);
  const { data: queue } = useQuery(queueQuery);
  const { data: line } = useQuery(lineQuery);
  const refresh = useThrottledCallback(
    () => void client.invalidateQueries({ queryKey: lineQuery.queryKey }),
    REFRESH_MS,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the line says changes with the order
  useEffect(refresh, [queue]);
  const active = useMemo(
    () => inQueueOrder(jobs, queue?.waiting ?? [], line?.waiting),
    [jobs, queue, line],
  );
  const waiting = useMemo(() => active.filter(({ status }) => status === "queued"), [active]);
  return {
    active,
    waiting,
    total: Math.max(queue?.total ?? 0, waiting.length),
    isPaused: queue?.paused ?? line?.paused ?? false,
    heldUpBy: queue?.held_up_by ?? null,
    eta_s: active.at(-1)?.progress.eta_s ?? null,
  };
}
