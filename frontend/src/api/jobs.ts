import { queryOptions, skipToken } from "@tanstack/react-query";
import { t } from "@/i18n";
import {
  type BatchRequest,
  type ControlNetRequest,
  changeJob,
  cancelJob as deleteJob,
  generateBatch,
  generateControlNet,
  generateImageEdit,
  generateLayers,
  generateTextToImage,
  generateTiled,
  getJob,
  getQueue,
  type ImageEditRequest,
  type Job,
  listJobs,
  type PreviewEvent,
  retryJob as postRetry,
  type State,
  type TextToImageRequest,
  type TiledRequest,
} from "./gen";
import { orderOf } from "./job";
import { answerOf } from "./problem";
import { LINE_LIMIT } from "./queue";

/** Lists of jobs are fetched once and then kept true by the events. */
export const jobsKey = ["jobs"] as const;

/** All that has not ended, as far as a page shows it: what is at work, and those that are first in line. */
export const activeQuery = queryOptions({
  queryKey: [...jobsKey, "active"],
  queryFn: async ({ signal }): Promise<Job[]> => {
    const query = { status: ["running", "cancelling"] satisfies State[], limit: 100 };
    const [working, queue] = await Promise.all([
      answerOf(listJobs({ query, signal })),
      answerOf(getQueue({ query: { limit: LINE_LIMIT }, signal })),
    ]);
    const isWorking = new Set(working.jobs.map(({ id }) => id));
    return [...working.jobs, ...queue.waiting.filter(({ id }) => !isWorking.has(id))];
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

type AnyOrder = ReturnType<typeof orderOf>;

/** Asks for what is said. */
export function sendOrder(order: AnyOrder): Promise<Job> {
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

/** Asks once more for what a job was asked for, with the same seed. */
export function retryJob(job: Job): Promise<Job> {
  return answerOf(postRetry({ path: { job_id: job.id } }));
}

/** Asks for the same, painted otherwise. */
export function duplicateJob(job: Job): Promise<Job> {
  const { kind, body } = orderOf(job);
  const { seed: _, ...again } = body;
  return sendOrder({ kind, body: { ...again, priority: job.priority } } as AnyOrder);
}

/** Asks for the same once with each seed, as one batch. */
export async function varyJob(job: Job, seeds: readonly number[]): Promise<readonly Job[]> {
  const { kind, body } = orderOf(job);
  if (kind === "layers") throw new Error(t("What was taken apart is not taken apart otherwise."));
  const request = { ...body, kind } as BatchRequest["request"];
  const answer = await answerOf(generateBatch({ body: { request, seeds: [...seeds] } }));
  return "jobs" in answer ? answer.jobs : [answer];
}

export function prioritiseJob(id: string, priority: Job["priority"]): Promise<Job> {
  return answerOf(changeJob({ path: { job_id: id }, body: { priority } }));
}

export function starJob(id: string, favourite: boolean): Promise<Job> {
  return answerOf(changeJob({ path: { job_id: id }, body: { favourite } }));
}
