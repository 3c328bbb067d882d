import type {
  ControlNetRequest,
  ImageEditRequest,
  Job,
  JobPage,
  LayersRequest,
  Outpaint,
  TextToImageRequest,
  TiledRequest,
} from "./gen";

export const ACTIVE = ["queued", "running", "cancelling"] as const satisfies Job["status"][];

export function isFinal(job: Job): boolean {
  return !ACTIVE.some((status) => status === job.status);
}

/** What a job was asked for. Numbers are null until the model's defaults are filled in. */
export interface Settings {
  prompt: string;
  negative_prompt: string;
  width: number | null;
  height: number | null;
  steps: number | null;
  guidance_scale: number | null;
  seed: number | null;
  count: number;
  model: string | null;
}

/** Reads the request of a job, whose JSON the schema leaves open because every kind of job has its own. */
export function settingsOf(job: Job): Settings {
  const text = (key: string) => (typeof job.request[key] === "string" ? job.request[key] : null);
  const number = (key: string) => (typeof job.request[key] === "number" ? job.request[key] : null);
  return {
    prompt: text("prompt") ?? "",
    negative_prompt: text("negative_prompt") ?? "",
    width: number("width"),
    height: number("height"),
    steps: number("steps"),
    guidance_scale: number("guidance_scale"),
    seed: number("seed"),
    count: number("count") ?? 1,
    model: text("model"),
  };
}

/** What the forms ask for, with the shape that its kind says. */
export type Order =
  | { kind: "text-to-image"; body: TextToImageRequest }
  | { kind: "image-edit"; body: ImageEditRequest }
  | { kind: "controlnet"; body: ControlNetRequest }
  | { kind: "tiled"; body: TiledRequest };

/** A picture to take apart, which is asked for elsewhere than on the page. */
export interface Separation {
  kind: "layers";
  body: LayersRequest;
}

/** Reads the request of a job as its kind says: the studio has accepted it as that. */
export function orderOf({ kind, request }: Job): Order | Separation {
  return { kind, body: request } as Order | Separation;
}

/** Whether the prompt of a job says what its pictures show, not what was to be done. */
export function describesResult(job: Job): boolean {
  const order = orderOf(job);
  if (order.kind === "layers") return false;
  if (order.kind !== "image-edit") return true;
  const { mask, outpaint, strength } = order.body;
  return Boolean(mask || outpaint || strength);
}

/** The picture that a job started from. */
export interface Original {
  id: string;
  name: "Original" | "Control image";
  /** What was painted around it. */
  margins: Required<Outpaint> | null;
}

/** What a job changes, or the control image that it keeps to; null when it starts from nothing. */
export function originalOf(job: Job): Original | null {
  const order = orderOf(job);
  switch (order.kind) {
    case "text-to-image":
      return null;
    case "image-edit": {
      const [id] = order.body.images;
      const margins = order.body.outpaint ? { ...NO_MARGINS, ...order.body.outpaint } : null;
      return id === undefined ? null : { id, name: "Original", margins };
    }
    case "controlnet": {
      const { init_image, controls } = order.body;
      if (init_image) return { id: init_image, name: "Original", margins: null };
      const id = controls?.[0]?.image;
      return id === undefined ? null : { id, name: "Control image", margins: null };
    }
    case "tiled":
      return order.body.image ? { id: order.body.image, name: "Original", margins: null } : null;
    case "layers":
      return { id: order.body.image, name: "Original", margins: null };
  }
}

const NO_MARGINS: Required<Outpaint> = { left: 0, top: 0, right: 0, bottom: 0 };

/** Puts a newer snapshot in its place; an unknown job goes on top when it is newer than all (ids sort by age). */
export function mergeIntoHistory(pages: readonly JobPage[], job: Job): JobPage[] {
  if (pages.some((page) => page.jobs.some(({ id }) => id === job.id))) {
    return pages.map((page) => ({
      ...page,
      jobs: page.jobs.map((old) => (old.id === job.id ? job : old)),
    }));
  }
  return pages.map((page, index) => {
    const newest = page.jobs[0];
    const isNewer = index === 0 && (newest === undefined || newest.id < job.id);
    return isNewer ? { ...page, jobs: [job, ...page.jobs] } : page;
  });
}

/** Keeps the list of unfinished jobs: adds, replaces, or drops one that has ended. */
export function mergeIntoActive(jobs: readonly Job[], job: Job): Job[] {
  if (isFinal(job)) return jobs.filter(({ id }) => id !== job.id);
  if (!jobs.some(({ id }) => id === job.id)) return [...jobs, job];
  return jobs.map((old) => (old.id === job.id ? job : old));
}

/** Orders unfinished jobs as they will end, running ones first, and gives waiting ones their place in line. */
export function inQueueOrder(jobs: readonly Job[], waiting: readonly string[]): Job[] {
  const placed = jobs.map((job) => placedInLine(job, waiting.indexOf(job.id)));
  const rank = ({ status, progress }: Job) =>
    status === "queued" ? (progress.queue_position ?? Number.MAX_SAFE_INTEGER) : 0;
  return placed.sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

// A job is not sent anew when those before it move on: the order of the queue is, and knows better.
function placedInLine(job: Job, index: number): Job {
  if (job.status !== "queued" || index < 0) return job;
  return { ...job, progress: { ...job.progress, queue_position: index + 1 } };
}
