import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { applyAnswer } from "@/api/apply-event";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Settings } from "@/api/job";
import { generateImages } from "@/api/jobs";
import { useConnection } from "@/api/live-updates";
import { ApiProblem } from "@/api/problem";
import { toRequest } from "./draft";
import { type FieldName, type Obstacle, obstacles } from "./obstacles";

/** What the form knows about its draft: the model it is for, what stands in the way, and how to send it. */
export function useGenerate(draft: Settings, onStarted: () => void) {
  const client = useQueryClient();
  const connection = useConnection();
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const service = capabilities && capabilityNamed(capabilities, "t2i");
  const model = service?.models.find(({ name }) => name === draft.model) ?? service?.models[0];

  const sending = useMutation<void, Error, Settings>({
    mutationFn: async (settings) => applyAnswer(client, await generateImages(toRequest(settings))),
    onSuccess: onStarted,
  });

  const refusal = sending.error instanceof ApiProblem ? sending.error : null;
  const isRefusedDraft = sending.variables === draft;
  const reasons = obstacles(draft, model);
  if (connection === "lost") reasons.push(UNREACHABLE);

  return {
    model,
    models: service?.models ?? [],
    reasons,
    isSending: sending.isPending,
    notice: service && !service.available ? (service.reason ?? SERVICE_DOWN) : null,
    refusal: isRefusedDraft ? refusal : null,
    errorOf: (field: FieldName) => {
      const refused = isRefusedDraft ? refusal?.fields[field] : undefined;
      const isMissingPrompt = field === "prompt" && draft.prompt.trim() === "";
      const obstacle = isMissingPrompt ? undefined : reasons.find((one) => one.field === field);
      return refused ?? obstacle?.message;
    },
    send: () => {
      if (reasons.length === 0 && !sending.isPending) sending.mutate(draft);
    },
  };
}

export type Generation = ReturnType<typeof useGenerate>;

const SERVICE_DOWN = "the text-to-image service is not running";
const UNREACHABLE: Obstacle = {
  field: null,
  message: "The studio cannot be reached; trying again.",
};
