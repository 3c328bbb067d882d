import type { Job, JobProgress, Stage } from "@/api/gen";
import { settingsOf } from "@/api/job";

/** What a job is called: its prompt, or what was done where nothing had to be said. */
export function titleOf(job: Job): string {
  const { prompt, width, height } = settingsOf(job);
  if (prompt.trim() !== "") return prompt;
  return width && height ? `Upscaled to ${width} × ${height}` : "Upscaled";
}

/** A span of time as people say it: "8 s", "1 min 20 s", "45 min", "2 h 5 min". */
export function spanInWords(span_s: number): string {
  const whole_s = Math.max(0, Math.round(span_s));
  if (whole_s < 60) return `${whole_s} s`;
  // Of a long time nobody wants to know the seconds.
  const minutes = whole_s < 600 ? Math.floor(whole_s / 60) : Math.round(whole_s / 60);
  if (minutes < 10) return joined(`${minutes} min`, whole_s % 60, "s");
  if (minutes < 60) return `${minutes} min`;
  return joined(`${Math.floor(minutes / 60)} h`, minutes % 60, "min");
}

function joined(larger: string, rest: number, unit: string): string {
  return rest === 0 ? larger : `${larger} ${rest} ${unit}`;
}

/** "512 × 256", in one piece wherever the line breaks. */
export function sizeInWords({ width, height }: { width: number; height: number }): string {
  return `${width}\u00a0×\u00a0${height}`;
}

/** "next", "2nd in line", … */
export function placeInLine(position: number): string {
  if (position <= 1) return "next in line";
  const suffix = new Map([
    [1, "st"],
    [2, "nd"],
    [3, "rd"],
  ]);
  const isTeen = position % 100 >= 11 && position % 100 <= 13;
  return `${position}${isTeen ? "th" : (suffix.get(position % 10) ?? "th")} in line`;
}

const STAGES: Record<Stage, string> = {
  waiting: "Waiting for memory",
  loading: "Loading the model",
  encoding: "Reading the prompt",
  denoising: "Painting",
  decoding: "Developing",
  saving: "Saving",
  done: "Done",
};

/** What an unfinished job is doing, in a few words. */
export function activityOf({ status, progress }: Job): string {
  if (status === "cancelling") return "Stopping";
  if (status === "queued" && progress.queue_position) {
    return capitalised(placeInLine(progress.queue_position));
  }
  if (progress.waiting_for) return `Waiting: ${progress.waiting_for}`;
  if (status === "queued") return "In line";
  const isPainting = progress.stage === "denoising" && progress.total_steps > 0;
  const parts = isPainting ? [imageOf(progress), tileOf(progress), stepOf(progress)] : [];
  const words = parts.filter((part) => part !== null).join(", ");
  return words ? capitalised(words) : STAGES[progress.stage];
}

function imageOf({ image_index, image_count, images_at_once }: JobProgress): string | null {
  const runs = image_count / images_at_once;
  return runs > 1 ? `image ${image_index / images_at_once + 1} of ${runs}` : null;
}

function tileOf({ tile, tile_count }: JobProgress): string | null {
  return tile_count > 1 ? `tile ${Math.min(tile + 1, tile_count)} of ${tile_count}` : null;
}

function stepOf({ step, total_steps }: JobProgress): string {
  return `step ${step} of ${total_steps}`;
}

/** How long it will take; empty while nobody knows, and when it is not worth saying. */
export function remainingOf({ progress }: Job): string {
  const { eta_s } = progress;
  return eta_s === null || eta_s < 1 ? "" : `about ${spanInWords(eta_s)}`;
}

/** Done part of all images of a job, in [0, 1]. */
export function fractionOf({ progress }: Job): number {
  const { step, total_steps, tile, tile_count } = progress;
  const steps = total_steps === 0 ? 0 : step / total_steps;
  const part = tile_count > 0 ? Math.min(1, (tile + steps) / tile_count) : steps;
  const done = progress.image_index + progress.images_at_once * part;
  return Math.min(1, done / Math.max(1, progress.image_count));
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
