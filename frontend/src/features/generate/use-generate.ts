import { useQuery } from "@tanstack/react-query";
import { capabilitiesQuery, capabilityNamed } from "@/api/capabilities";
import type { Order, Settings } from "@/api/job";
import { generateImages, generateTiles } from "@/api/jobs";
import { numbersOf, toRequest } from "@/form/draft";
import { obstacles } from "@/form/obstacles";
import { TILING } from "@/form/tiling";
import { useRun } from "@/form/use-run";
import { t } from "@/i18n";
import { isLarge, largeObstacles, reachOf, toTiled } from "./large";

type Painting = Extract<Order, { kind: "text-to-image" | "tiled" }>;

const WANTED = t("Describe the picture first.");

/** What the form knows about its draft: the model it is for, what stands in the way, and how to send it. */
export function useGenerate(draft: Settings, onStarted: () => void) {
  const { data: capabilities } = useQuery(capabilitiesQuery);
  const service = capabilities && capabilityNamed(capabilities, "t2i");
  const tiling = capabilities && capabilityNamed(capabilities, TILING);
  const model = service?.models.find(({ name }) => name === draft.model) ?? service?.models[0];
  const reach = model && reachOf(model, tiling);
  const size = model && numbersOf(draft, model);
  const isTiled = model && reach && size && isLarge(size, model, reach);
  const orderOf = (draft: Settings): Painting => {
    if (!isTiled) return { kind: "text-to-image", body: toRequest(draft) };
    const isDefault = tiling?.models[0]?.name === model.name;
    return { kind: "tiled", body: toTiled(draft, size, isDefault ? null : model.name) };
  };
  const sizeless = { ...draft, width: null, height: null };
  const run = useRun({
    draft,
    reasons: isTiled
      ? [...obstacles(sizeless, model, WANTED), ...largeObstacles(size, model, reach)]
      : obstacles(draft, model, WANTED),
    service: isTiled ? tiling : service,
    order: orderOf(draft),
    start: (draft) => {
      const order = orderOf(draft);
      return order.kind === "tiled" ? generateTiles(order.body) : generateImages(order.body);
    },
    onStarted,
  });
  return { model, models: service?.models ?? [], reach, run };
}
