import type { Kind, State } from "@/api/gen";
import { t } from "@/i18n";

/** All that the gallery says. */
export const WORDS = {
  title: t("History"),
  search: t("Search in prompts"),
  onlyStarred: t("Only starred ones"),
  filters: t("Filters"),
  filtersOn: (count: number) => t("Filters, {{count}} on", { count }),
  kind: t("Made by"),
  state: t("Ended as"),
  model: t("Model"),
  since: t("From"),
  until: t("To"),
  any: t("Anything"),
  anyModel: t("Any model"),
  clear: t("Show everything"),
  batch: t("One batch"),
  endBatch: t("Show more than this batch"),
  open: t("Restore from a picture"),
  nothing: t("Nothing found."),
  loading: t("Looking for older ones."),
  failed: (message: string) => t("The history cannot be read: {{message}}", { message }),
  again: t("Try again"),
  star: t("Star"),
  starred: t("Starred"),
  actions: t("Actions"),
} as const;

export const KINDS: Record<Kind, string> = {
  "text-to-image": t("Generate"),
  "image-edit": t("Edit"),
  controlnet: t("Control and regions"),
  tiled: t("Tiles and upscaling"),
  layers: t("Layers"),
};

export const STATES: Partial<Record<State, string>> = {
  succeeded: t("Finished"),
  failed: t("Failed"),
  cancelled: t("Cancelled"),
  running: t("At work"),
};
