import type { Job } from "@/api/gen";

/** The job to show while none is picked: the one at work, else the next, else the newest that ended by itself. */
export function followedJob(active: readonly Job[], history: readonly Job[]): Job | undefined {
  return active[0] ?? history.find(({ status }) => status === "succeeded" || status === "failed");
}
