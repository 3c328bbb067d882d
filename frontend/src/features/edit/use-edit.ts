import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Job } from "@/api/gen";
import type { Order, Settings } from "@/api/job";
import { editImages, generateTiles, generateUnderControl } from "@/api/jobs";
import { uploadPicture } from "@/api/pictures";
import type { Size } from "@/canvas/geometry";
import { createRasteriser, type Mask } from "@/canvas/mask";
import { toPng } from "@/canvas/png";
import { tilingModels } from "@/form/tiling";
import { useRun } from "@/form/use-run";
import { editObstacles } from "./obstacles";
import { maskOf, type Region } from "./regions";
import { toControlled, toEdit } from "./request";
import { separateLayers, toSeparation } from "./separation";
import { type EditTask, isGuided, maskedPicture, resultSize, type Way } from "./task";
import { toUpscale } from "./upscale";
import { useControlImages } from "./use-control-images";
import { modelFor, serviceOf, whyLacking, whyOff as whyWayOff } from "./ways";

/** What the edit form knows: the model, the mask, the control images, what stands in the way, and how to send it. */
export function useEdit(draft: Settings, task: EditTask, onStarted: () => void) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const service = capabilities && capabilityNamed(capabilities, serviceOf(task.way));
  const models = task.way === "upscale" ? tilingModels(service) : (service?.models ?? []);
  const model = modelFor(task, draft.model, models);
  const chosen = model === service?.models[0] ? null : (model?.name ?? null);
  const whyOff = (way: Way) =>
    capabilities
      ? whyWayOff(way, capabilityNamed(capabilities, serviceOf(way)), draft.model)
      : null;
  const off = whyOff(task.way);
  const lacks = (feature: string) => (service ? whyLacking(feature, service, model) : null);

  const { marks } = task;
  const masked = maskedPicture(task);
  const [rasterise] = useState(createRasteriser);
  const mask = useMemo(
    () => (masked ? rasterise(marks, masked) : null),
    [rasterise, marks, masked],
  );
  const controlImages = useControlImages(task);
  const size = model && resultSize(task, model);

  const order = useMemo(
    () => ({ draft: { ...draft, model: chosen }, task }),
    [draft, chosen, task],
  );
  const run = useRun({
    draft: order,
    reasons: editObstacles(draft, task, {
      model,
      off,
      whyLacking: lacks,
      mask,
      controlImages: controlImages.map(({ state }) => state),
    }),
    service: off === null ? service : undefined, // what is off does not wait either
    order: useMemo(() => knownOrder(order.draft, task, size), [order, task, size]),
    start: ({ draft, task }) => {
      const controls = controlImages.map(({ id }) => id ?? "");
      return start(draft, task, mask, controls, size);
    },
    onStarted,
  });
  const isKnown = capabilities !== undefined;
  return { isKnown, service, whyOff, model, models, mask, controlImages, size, lacks, run };
}

export type Editing = ReturnType<typeof useEdit>;

/** What would be asked for, where nothing must be uploaded first that is still being drawn. */
function knownOrder(draft: Settings, task: EditTask, size: Size | undefined): Order | null {
  if (task.way === "layers" || maskedPicture(task)) return null;
  if (task.way === "upscale") return { kind: "tiled", body: toUpscale(draft, task) };
  if (!isGuided(task.way)) return { kind: "image-edit", body: toEdit(draft, task, null) };
  const isDrawn = task.controls.length > 0 || task.regions.some(({ shape }) => shape === "mask");
  if (isDrawn) return null;
  const regions = task.regions.map(() => null);
  const kept = { controls: [], mask: null, regions };
  return { kind: "controlnet", body: toControlled(draft, task, kept, size) };
}

async function start(
  draft: Settings,
  task: EditTask,
  painted: Mask | null,
  controls: readonly string[],
  size: Size | undefined,
): Promise<Job> {
  if (task.way === "upscale") return generateTiles(toUpscale(draft, task));
  if (task.way === "layers") return separateLayers(toSeparation(draft, task));
  const mask = await keep(painted);
  if (!isGuided(task.way)) return editImages(toEdit(draft, task, mask));
  const regions = await Promise.all(task.regions.map(keepRegion));
  return generateUnderControl(toControlled(draft, task, { controls, mask, regions }, size));
}

async function keepRegion({ shape, drawing }: Region): Promise<string | null> {
  return shape === "mask" ? keep(maskOf(drawing)) : null;
}

/** Uploads a mask; returns its id. */
async function keep(mask: Mask | null): Promise<string | null> {
  return mask && (await uploadPicture(await toPng(mask))).id;
}
