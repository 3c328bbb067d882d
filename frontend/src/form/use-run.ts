import { useMutation, useQueryClient } from "@tanstack/react-query";
import { applyAnswer } from "@/api/apply-event";
import type { Capability, Job } from "@/api/gen";
import type { Order } from "@/api/job";
import { useConnection } from "@/api/live-updates";
import { ApiProblem } from "@/api/problem";
import { t } from "@/i18n";
import type { FieldName, Obstacle } from "./obstacles";

interface RunOptions<Draft> {
  draft: Draft;
  /** What keeps this draft from being sent. */
  reasons: readonly Obstacle[];
  service: Capability | undefined;
  /** What would be asked for, where that is known before it is sent. */
  order?: Order | null;
  start: (draft: Draft) => Promise<Job>;
  onStarted: (job: Job) => void;
}

/** Sends a draft, and knows what stands in the way and what the studio refused. */
export function useRun<Draft>({
  draft,
  service,
  order = null,
  start,
  onStarted,
  ...own
}: RunOptions<Draft>) {
  const client = useQueryClient();
  const connection = useConnection();
  const sending = useMutation<Job, Error, Draft>({
    mutationFn: async (draft) => {
      const job = await start(draft);
      applyAnswer(client, job);
      return job;
    },
    onSuccess: onStarted,
  });
  const refusal = sending.variables === draft ? sending.error : null;
  const reasons = connection === "lost" ? [...own.reasons, UNREACHABLE] : own.reasons;
  return {
    reasons,
    order: reasons.length === 0 ? order : null,
    isSending: sending.isPending,
    refusal,
    notice:
      service && !service.available ? (service.reason ?? t("the service is not running")) : null,
    /** What is wrong with a field. That something is still missing is no fault of it. */
    errorOf: (field: FieldName) => {
      const refused = refusal instanceof ApiProblem ? refusal.fields[field] : undefined;
      return refused ?? reasons.find((one) => one.field === field && !one.isMissing)?.message;
    },
    send: () => {
      if (reasons.length === 0 && !sending.isPending) sending.mutate(draft);
    },
  };
}

export type Run = ReturnType<typeof useRun>;

const UNREACHABLE: Obstacle = {
  field: null,
  message: t("The studio cannot be reached; trying again."),
};
