import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { t } from "@/i18n";
import {
  cancelDownload,
  type Download,
  downloadModel,
  getActivity,
  getGpu,
  getReadiness,
  listCatalogue,
  type Models,
  type Readiness,
} from "./gen";
import { ApiProblem, answerOf } from "./problem";

const MEMORY_MS = 2000; // as often as leases change hands when two models take turns
const ACTIVITY_MS = 15_000;
const PARTS_MS = 10_000;

export const memoryQuery = queryOptions({
  queryKey: ["memory"],
  queryFn: ({ signal }) => answerOf(getGpu({ signal })),
  refetchInterval: MEMORY_MS,
  retry: false,
});

export const activityQuery = queryOptions({
  queryKey: ["activity"],
  queryFn: ({ signal }) => answerOf(getActivity({ signal })),
  refetchInterval: ACTIVITY_MS,
});

export const partsQuery = queryOptions({
  queryKey: ["parts"],
  queryFn: async ({ signal }): Promise<Readiness> => {
    const { data, error, response } = await getReadiness({ signal });
    if (data) return data;
    // A studio that is not ready says so with a problem that names its parts, too.
    const parts = (error as { parts?: Readiness["parts"] } | undefined)?.parts;
    if (parts) return { ready: false, parts };
    throw new ApiProblem(t("The studio does not say how it is."), response?.status ?? 0);
  },
  refetchInterval: PARTS_MS,
});

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => answerOf(listCatalogue({ signal })),
  placeholderData: keepPreviousData,
  retry: false,
});

/** Fetches a model; what an earlier download has fetched is gone on with. */
export function startDownload(name: string, acceptLicence: boolean): Promise<Download> {
  const body = { accept_licence: acceptLicence };
  return answerOf(downloadModel({ path: { name }, body }));
}

export function endDownload(name: string): Promise<Download> {
  return answerOf(cancelDownload({ path: { name } }));
}

/** Brings the list of models up to date with a download. */
export function applyDownload(client: QueryClient, download: Download): void {
  client.setQueryData(modelsQuery.queryKey, (old) => old && withDownload(old, download));
  // What is on the disk now is known by the studio alone.
  if (!isUnderWay(download)) void client.invalidateQueries({ queryKey: modelsQuery.queryKey });
}

export function withDownload(models: Models, download: Download): Models {
  const renewed = models.models.map((model) =>
    model.name === download.model ? { ...model, download } : model,
  );
  return { ...models, models: renewed };
}

export function isUnderWay({ state }: Download): boolean {
  return state === "waiting" || state === "downloading";
}
