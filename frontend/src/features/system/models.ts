import type { CatalogueModel } from "@/api/gen";
import { isUnderWay } from "@/api/system";

export type Filter = "all" | "here" | "fitting";
export const FILTERS: readonly Filter[] = ["all", "here", "fitting"];

/** Whether a model is shown; one that is on its way is never hidden. */
export function isShown(model: CatalogueModel, filter: Filter): boolean {
  if (filter === "all" || isComing(model)) return true;
  return filter === "here" ? model.is_present : model.tier !== "";
}

/** What is on its way first, then what is here, then the rest in its own order. */
export function inOrder(models: readonly CatalogueModel[]): CatalogueModel[] {
  const rank = (model: CatalogueModel) => (isComing(model) ? 0 : model.is_present ? 1 : 2);
  return [...models].sort((one, other) => rank(one) - rank(other));
}

function isComing({ download }: CatalogueModel): boolean {
  return download !== null && isUnderWay(download);
}

/** Whether somebody must read and accept its licence before it may be fetched. */
export function mustAccept({ opt_in, commercial_use }: CatalogueModel): boolean {
  return opt_in || !commercial_use;
}

/** Done part of a download in [0, 1]; null while its size is not known. */
export function shareOf(model: CatalogueModel): number | null {
  const { download } = model;
  if (!download || download.total_bytes === 0) return null;
  return Math.min(1, download.done_bytes / download.total_bytes);
}
