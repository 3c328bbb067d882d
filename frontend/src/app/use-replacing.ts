import { useState } from "react";
import type { Job } from "@/api/gen";
import { settingsOf } from "@/api/job";
import type { useForms } from "./use-forms";
import type { useJobActions } from "./use-job-actions";

/** Loads a job into the form; one that waits gives its place to what is sent then. */
export function useReplacing(
  waiting: readonly Job[],
  forms: Pick<ReturnType<typeof useForms>, "reuse">,
  actions: Pick<ReturnType<typeof useJobActions>, "replace">,
) {
  const [chosen, setChosen] = useState<Job | null>(null);
  // Once it has started it is as good as done.
  const replaced = waiting.find(({ id }) => id === chosen?.id) ?? null;
  return {
    replaced,
    keep: () => setChosen(null),
    edit: (job: Job) => {
      const { seed, count } = settingsOf(job);
      void forms.reuse(job, { seed, count });
      setChosen(job.status === "queued" ? job : null);
    },
    sent: (job: Job | undefined) => {
      if (replaced && job) actions.replace(replaced, job);
      setChosen(null);
    },
  };
}
