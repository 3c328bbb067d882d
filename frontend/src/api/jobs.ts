import { infiniteQueryOptions, queryOptions, skipToken } from "@tanstack/react-query";
import {
  type ControlNetRequest,
  cancelJob as deleteJob,
  generateControlNet,
  generateImageEdit,
  generateLayers,
  generateTextToImage,
  generateTiled,
  getJob,
  type ImageEditRequest,
  type Job,
  listJobs,
  type PreviewEvent,
  type QueueEvent,
  type TextToImageRequest,
  type TiledRequest,
} from "./gen";
import { ACTIVE, orderOf } from "./job";
import { answerOf } from "./problem";

const HISTORY_PAGE = 48;
const ACTIVE_LIMIT = 100;

/** Lists of jobs are fetched once and then kept true by the events. */
export const jobsKey = ["jobs"] as const;

export const historyQuery = infiniteQueryOptions({
  queryKey: [...jobsKey, "history"],
  queryFn: ({ pageParam, signal }) =>
    answerOf(listJobs({ query: { limit: HISTORY_PAGE, cursor: pageParam }, signal })),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const activeQuery = queryOptions({
  queryKey: [...jobsKey, "active"],
  queryFn: async ({ signal }): Promise<Job[]> => {
    const query = { status: [...ACTIVE], limit: ACTIVE_LIMIT };
    return (await answerOf(listJobs({ query, signal }))).jobs;
  },
});

export const jobQuery = (id: string | null) =>
  queryOptions({
    queryKey: [...jobsKey, "one", id],
    queryFn: id === null ? skipToken : () => answerOf(getJob({ path: { job_id: id } })),
  });

/** Filled by events only: the latest preview of a running job. */
export const previewQuery = (id: string) =>
  queryOptions<PreviewEvent>({ queryKey: ["preview", id], queryFn: skipToken });

/** Filled by events only: who waits, in order. */
export const queueQuery = queryOptions<QueueEvent>({ queryKey: ["queue"], queryFn: skipToken });

export function generateImages(body: TextToImageRequest): Promise<Job> {
  return answerOf(generateTextToImage({ body }));
}

export function editImages(body: ImageEditRequest): Promise<Job> {
  return answerOf(generateImageEdit({ body }));
}

export function generateUnderControl(body: ControlNetRequest): Promise<Job> {
  return answerOf(generateControlNet({ body }));
}

export function generateTiles(body: TiledRequest): Promise<Job> {
  return answerOf(generateTiled({ body }));
}

export function cancelJob(id: string): Promise<Job> {
  return answerOf(deleteJob({ path: { job_id: id } }));
}

/** Asks once more for what a job was asked for. */
export function retryJob(job: Job): Promise<Job> {
  const order = orderOf(job);
  switch (order.kind) {
    case "text-to-image":
      return generateImages(order.body);
    case "image-edit":
      return editImages(order.body);
    case "controlnet":
      return generateUnderControl(order.body);
    case "tiled":
      return generateTiles(order.body);
    case "layers":
      return answerOf(generateLayers({ body: order.body }));
  }
}
