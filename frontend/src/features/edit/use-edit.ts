import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Job } from "@/api/gen";
import type { Settings } from "@/api/job";
import { editImages, generateUnderControl } from "@/api/jobs";
import { edgesQuery, uploadPicture } from "@/api/pictures";
import { type Mask, rasterise } from "@/canvas/mask";
import { toPng } from "@/canvas/png";
import { useRun } from "@/form/use-run";
import { editObstacles } from "./obstacles";
import { toControl, toEdit } from "./request";
import type { EditTask } from "./task";
import { modelFor, whyOff } from "./ways";

const TYPING_MS = 300;

/** What the edit form knows: the model, the mask, the edges, what stands in the way, and how to send it. */
export function useEdit(draft: Settings, task: EditTask, onStarted: () => void) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const service = capabilities && capabilityNamed(capabilities, "edit");
  const models = service?.models ?? [];
  const model = modelFor(task.way, draft.model, models);
  const chosen = model === models[0] ? null : (model?.name ?? null);

  const { marks } = task;
  const [first] = task.pictures;
  const mask = useMemo(() => (first ? rasterise(marks, first) : null), [marks, first]);
  const isTraced = task.way === "control" && task.source === "photo";
  const [thresholds] = useDebouncedValue(task.thresholds, TYPING_MS);
  const edges = useQuery(edgesQuery(isTraced ? first : undefined, thresholds));
  const control = isTraced ? edges.data : first;

  const order = useMemo(
    () => ({ draft: { ...draft, model: chosen }, task }),
    [draft, chosen, task],
  );
  const run = useRun({
    draft: order,
    reasons: editObstacles(draft, task, {
      model,
      off: service ? whyOff(task.way, service, draft.model) : null,
      mask,
      edges: edges.data && thresholds === task.thresholds ? "drawn" : (edges.error ?? "pending"),
    }),
    service,
    start: ({ draft, task }) => start(draft, task, mask, control?.id),
    onStarted,
  });
  return { service, model, models, mask, edges, run };
}

export type Editing = ReturnType<typeof useEdit>;

async function start(
  draft: Settings,
  task: EditTask,
  mask: Mask | null,
  control: string | undefined,
): Promise<Job> {
  if (task.way === "control") return generateUnderControl(toControl(draft, task, control ?? ""));
  const isMasked = task.way === "inpaint" && mask !== null;
  const uploaded = isMasked ? await uploadPicture(await toPng(mask)) : null;
  return editImages(toEdit(draft, task, uploaded?.id ?? null));
}
