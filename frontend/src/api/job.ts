import { t } from "@/i18n";
import type {
  ControlNetRequest,
  ImageEditRequest,
  Job,
  JobPage,
  LayersRequest,
  Outpaint,
  Preset,
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
  /** Null: normal. */
  quality: Exclude<Preset["quality"], "normal"> | null;
  steps: number | null;
  guidance_scale: number | null;
  seed: number | null;
  count: number;
  model: string | null;
}

/** A request as it is kept: by a job, or by the file of a picture. */
export type Asked = Pick<Job, "kind" | "request">;

/** Reads the request of a job, whose JSON the schema leaves open because every kind of job has its own. */
export function settingsOf(job: Asked): Settings {
  const text = (key: string) => (typeof job.request[key] === "string" ? job.request[key] : null);
  const number = (key: string) => (typeof job.request[key] === "number" ? job.request[key] : null);
  return {
    prompt: text("prompt") ?? "",
    negative_prompt: text("negative_prompt") ?? "",
    width: number("width"),
    height: number("height"),
    quality: qualityIn(job.request.quality),
    steps: number("steps"),
    guidance_scale: number("guidance_scale"),
    seed: number("seed"),
    count: number("count") ?? 1,
    model: text("model"),
  };
}

function qualityIn(value: unknown): Settings["quality"] {
  return value === "draft" || value === "best" ? value : null;
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
export function orderOf({ kind, request }: Asked): Order | Separation {
  return { kind, body: request } as Order | Separation;
}

/** Whether the prompt of a job says what its pictures show, not what was to be done. */
export function describesResult(job: Asked): boolean {
  const order = orderOf(job);
  if (order.kind === "layers") return false;
  if (order.kind !== "image-edit") return true;
  const { mask, outpaint, strength } = order.body;
  return Boolean(mask || outpaint || strength);
}

/** The picture that a job started from. */
export interface Original {
  id: string;
  name: string;
  /** What was painted around it. */
  margins: Required<Outpaint> | null;
}

/** What a job changes, or the control image that it keeps to; null when it starts from nothing. */
export function originalOf(job: Asked): Original | null {
  const order = orderOf(job);
  switch (order.kind) {
    case "text-to-image":
      return null;
    case "image-edit": {
      const [id] = order.body.images;
      const margins = order.body.outpaint ? { ...NO_MARGINS, ...order.body.outpaint } : null;
      return id === undefined ? null : { id, name: t("Original"), margins };
    }
    case "controlnet": {
      const { init_image, controls } = order.body;
      if (init_image) return { id: init_image, name: t("Original"), margins: null };
      const id = controls?.[0]?.image;
      return id === undefined ? null : { id, name: t("Control image"), margins: null };
    }
    case "tiled":
      return order.body.image ? { id: order.body.image, name: t("Original"), margins: null } : null;
    case "layers":
      return { id: order.body.image, name: t("Original"), margins: null };
  }
}

const NO_MARGINS: Required<Outpaint> = { left: 0, top: 0, right: 0, bottom: 0 };

/** Puts a newer snapshot in its place; an unknown job where its age puts it (ids sort by age), unless that was not fetched. */
export function mergeIntoHistory(pages: readonly JobPage[], job: Job): JobPage[] {
  const known = pages.findIndex((page) => page.jobs.some(({ id }) => id === job.id));
  if (known >= 0) {
    return changed(pages, known, (jobs) => jobs.map((old) => (old.id === job.id ? job : old)));
  }
  const younger = ({ id }: Job) => id > job.id;
  const place = pages.findIndex(
    ({ jobs, next_cursor }) => next_cursor === null || jobs.some((old) => !younger(old)),
  );
  if (place < 0) return [...pages];
  return changed(pages, place, (jobs) => [
    ...jobs.filter(younger),
    job,
    ...jobs.filter((old) => !younger(old)),
  ]);
}

/** Takes jobs out that are no more, or are not looked for any more. */
export function dropFromHistory(pages: readonly JobPage[], ids: readonly string[]): JobPage[] {
  const isGone = ({ id }: Job) => ids.includes(id);
  return pages.map((page) =>
    page.jobs.some(isGone) ? { ...page, jobs: page.jobs.filter((job) => !isGone(job)) } : page,
  );
}

// The other pages stay the very same, so that little is drawn anew.
function changed(
  pages: readonly JobPage[],
  which: number,
  change: (jobs: readonly Job[]) => Job[],
): JobPage[] {
  return pages.map((page, index) =>
    index === which ? { ...page, jobs: change(page.jobs) } : page,
  );
}

/** Keeps the list of unfinished jobs: adds, replaces, or drops one that has ended. */
export function mergeIntoActive(jobs: readonly Job[], job: Job): Job[] {
  if (isFinal(job)) return jobs.filter(({ id }) => id !== job.id);
  if (!jobs.some(({ id }) => id === job.id)) return [...jobs, job];
  return jobs.map((old) => (old.id === job.id ? job : old));
}

/** Orders unfinished jobs as they will end, running ones first, and gives waiting ones what the line says of them. */
export function inQueueOrder(
  jobs: readonly Job[],
  waiting: readonly string[],
  line: readonly Job[] = [],
): Job[] {
  const order = new Map(line.map(({ id }, place) => [id, waiting.length + place]));
  for (const [place, id] of waiting.entries()) order.set(id, place);
  const rank = ({ id, status }: Job) =>
    status === "queued" ? (order.get(id) ?? Number.MAX_SAFE_INTEGER) : -1;
  const sorted = [...jobs].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));

  const known = new Map(line.map((job) => [job.id, job]));
  const ahead = othersAhead(line);
  const running = sorted.filter(({ status }) => status !== "queued").length;
  return sorted.map((job, place) => {
    if (job.status !== "queued") return job;
    const { eta_s, waiting_for } = (known.get(job.id) ?? job).progress;
    const queue_position = place - running + 1 + (ahead.get(job.id) ?? 0);
    return { ...job, progress: { ...job.progress, queue_position, eta_s, waiting_for } };
  });
}

// A job is not sent anew when those before it move on, and of others' jobs only the line knows.
function othersAhead(line: readonly Job[]): Map<string, number> {
  return new Map(
    line.map(({ id, progress }, place) => [
      id,
      Math.max(0, (progress.queue_position ?? 0) - place - 1),
    ]),
  );
}
