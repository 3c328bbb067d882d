import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Settings } from "@/api/job";
import { generateImages } from "@/api/jobs";
import { toRequest } from "@/form/draft";
import { obstacles } from "@/form/obstacles";
import { useRun } from "@/form/use-run";

/** What the form knows about its draft: the model it is for, what stands in the way, and how to send it. */
export function useGenerate(draft: Settings, onStarted: () => void) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const service = capabilities && capabilityNamed(capabilities, "t2i");
  const model = service?.models.find(({ name }) => name === draft.model) ?? service?.models[0];
  const run = useRun({
    draft,
    reasons: obstacles(draft, model, "Describe the picture first."),
    service,
    start: (draft) => generateImages(toRequest(draft)),
    onStarted,
  });
  return { model, models: service?.models ?? [], run };
}
