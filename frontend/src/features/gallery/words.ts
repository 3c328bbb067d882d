import type { Kind, State } from "@/api/gen";

/** All that the gallery says. */
export const WORDS = {
  title: "History",
  search: "Search in prompts",
  onlyStarred: "Only starred ones",
  filters: "Filters",
  filtersOn: (count: number) => `Filters, ${count} on`,
  kind: "Made by",
  state: "Ended as",
  model: "Model",
  since: "From",
  until: "To",
  any: "Anything",
  anyModel: "Any model",
  clear: "Show everything",
  batch: "One batch",
  endBatch: "Show more than this batch",
  open: "Restore from a picture",
  nothing: "Nothing found.",
  loading: "Looking for older ones.",
  failed: (message: string) => `The history cannot be read: ${message}`,
  again: "Try again",
  star: "Star",
  starred: "Starred",
  actions: "Actions",
} as const;

export const KINDS: Record<Kind, string> = {
  "text-to-image": "Generate",
  "image-edit": "Edit",
  controlnet: "Control and regions",
  tiled: "Tiles and upscaling",
  layers: "Layers",
};

export const STATES: Partial<Record<State, string>> = {
  succeeded: "Finished",
  failed: "Failed",
  cancelled: "Cancelled",
  running: "At work",
};
