import { useMutation, useQueryClient } from "@tanstack/react-query";
import { applyAnswer, applyJob } from "@/api/apply-event";
import type { Job } from "@/api/gen";
import {
  cancelJob,
  duplicateJob,
  prioritiseJob,
  retryJob,
  sendOrder,
  starJob,
  varyJob,
} from "@/api/jobs";
import { movedTo, toldOf } from "@/api/line";
import { clearQueue, lineQuery, orderQueue, pauseQueue, queueQuery } from "@/api/queue";
import { drawSeed } from "@/form/draft";

const VARIATIONS = 4;

/** What can be done with jobs and with the queue. */
export function useJobActions(waiting: readonly Job[]) {
  const client = useQueryClient();
  const doing = useMutation({ mutationFn: (work: () => Promise<unknown>) => work() });
  const send = (work: () => Promise<Job>) =>
    doing.mutate(async () => applyAnswer(client, await work()));

  const show = (part: { paused?: boolean; waiting?: string[] }) =>
    client.setQueryData(queueQuery.queryKey, (old) => old && { ...old, ...part });
  // What is shown at once is taken back where the studio does not do it.
  const change = (part: Parameters<typeof show>[0], work: () => ReturnType<typeof pauseQueue>) => {
    const before = client.getQueryData(queueQuery.queryKey);
    show(part);
    doing.mutate(async () => {
      try {
        client.setQueryData(lineQuery.queryKey, await work());
      } catch (problem) {
        client.setQueryData(queueQuery.queryKey, before);
        throw problem;
      }
    });
  };
  const arrange = (ids: readonly string[], after: readonly string[]) =>
    change({ waiting: [...after] }, () => orderQueue(toldOf(ids, after)));
  const ids = waiting.map(({ id }) => id);

  return {
    problem: doing.error?.message ?? null,
    cancel: (jobs: readonly Job[]) =>
      doing.mutate(async () => {
        const answers = await Promise.all(jobs.map(({ id }) => cancelJob(id)));
        for (const answer of answers) applyAnswer(client, answer);
      }),
    retry: (job: Job) => send(() => retryJob(job)),
    order: (order: Parameters<typeof sendOrder>[0]) => send(() => sendOrder(order)),
    duplicate: (job: Job) => send(() => duplicateJob(job)),
    vary: (job: Job) =>
      doing.mutate(async () => {
        const seeds = Array.from({ length: VARIATIONS }, () => drawSeed(Math.random));
        for (const each of await varyJob(job, seeds)) applyAnswer(client, each);
      }),
    prioritise: (job: Job, priority: Job["priority"]) =>
      send(() => prioritiseJob(job.id, priority)),
    star: (job: Job, isStarred: boolean) =>
      doing.mutate(async () => applyJob(client, await starJob(job.id, isStarred))),
    move: (from: number, to: number) => arrange(ids, movedTo(ids, from, to)),
    /** Cancels a job that waits, and gives its place to another. */
    replace: (old: Job, by: Job) => {
      if (!ids.includes(old.id)) return;
      const others = ids.filter((id) => id !== by.id);
      arrange(
        [...others, by.id],
        others.map((id) => (id === old.id ? by.id : id)),
      );
      doing.mutate(async () => applyAnswer(client, await cancelJob(old.id)));
    },
    pause: (paused: boolean) => change({ paused }, () => pauseQueue(paused)),
    clear: () => doing.mutate(clearQueue),
  };
}
