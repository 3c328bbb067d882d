import { generateLayers, type Job, type LayersRequest } from "@/api/gen";
import type { Settings } from "@/api/job";
import { answerOf } from "@/api/problem";
import { toRequest } from "@/form/draft";
import { type Obstacle, outside } from "@/form/obstacles";
import { t } from "@/i18n";
import { type EditTask, EMPTY_TASK } from "./task";

/** Into how few and how many a picture can be taken apart. */
export const LAYER_COUNTS = [1, 8] as const;

/** Everything that keeps the first picture from being taken apart. */
export function separationObstacles({ layerCount }: EditTask): (Obstacle | undefined)[] {
  return [outside("layers", t("Layers"), layerCount, LAYER_COUNTS)];
}

/** Writes the form as a request to take the first picture apart. */
export function toSeparation(draft: Settings, { pictures, layerCount }: EditTask): LayersRequest {
  const common = toRequest({ ...draft, width: null, height: null });
  return { ...common, image: pictures[0]?.id ?? "", layers: layerCount };
}

/** Reads an order to take a picture apart back into the form. */
export function readSeparation({ layers }: LayersRequest): Partial<EditTask> {
  return { way: "layers", layerCount: layers ?? EMPTY_TASK.layerCount };
}

export function separateLayers(body: LayersRequest): Promise<Job> {
  return answerOf(generateLayers({ body }));
}
