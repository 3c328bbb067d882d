import type { Job, JobProgress, Stage } from "@/api/gen";
import { settingsOf } from "@/api/job";
import { t } from "@/i18n";

/** What a job is called: its prompt, or what was done where nothing had to be said. */
export function titleOf(job: Job): string {
  const { prompt, width, height } = settingsOf(job);
  if (prompt.trim() !== "") return prompt;
  return width && height
    ? t("Upscaled to {{width}} × {{height}}", { width, height })
    : t("Upscaled");
}

/** A span of time as people say it: "8 s", "1 min 20 s", "45 min", "2 h 5 min". */
export function spanInWords(span_s: number): string {
  const whole_s = Math.max(0, Math.round(span_s));
  if (whole_s < 60) return t("{{seconds}} s", { seconds: whole_s });
  // Of a long time nobody wants to know the seconds.
  const minutes = whole_s < 600 ? Math.floor(whole_s / 60) : Math.round(whole_s / 60);
  const seconds = whole_s % 60;
  if (minutes < 10 && seconds > 0) return t("{{minutes}} min {{seconds}} s", { minutes, seconds });
  if (minutes < 60) return t("{{minutes}} min", { minutes });
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest === 0
    ? t("{{hours}} h", { hours })
    : t("{{hours}} h {{minutes}} min", { hours, minutes: rest });
}

/** "512 × 256", in one piece wherever the line breaks. */
export function sizeInWords({ width, height }: { width: number; height: number }): string {
  return `${width}\u00a0×\u00a0${height}`;
}

/** "next", "2nd in line", … */
export function placeInLine(position: number): string {
  if (position <= 1) return t("next in line");
  return t("{{count}}th in line", { count: position, ordinal: true });
}

const STAGES: Record<Stage, string> = {
  waiting: t("Waiting for memory"),
  loading: t("Loading the model"),
  encoding: t("Reading the prompt"),
  denoising: t("Painting"),
  decoding: t("Developing"),
  saving: t("Saving"),
  done: t("Done"),
};

/** What an unfinished job is doing, in a few words. */
export function activityOf({ status, progress }: Job): string {
  if (status === "cancelling") return t("Stopping");
  if (status === "queued" && progress.queue_position) {
    return capitalised(placeInLine(progress.queue_position));
  }
  if (progress.waiting_for) return t("Waiting: {{reason}}", { reason: progress.waiting_for });
  if (status === "queued") return t("In line");
  const isPainting = progress.stage === "denoising" && progress.total_steps > 0;
  const parts = isPainting ? [imageOf(progress), tileOf(progress), stepOf(progress)] : [];
  const words = parts.filter((part) => part !== null).join(t(", "));
  return words ? capitalised(words) : STAGES[progress.stage];
}

function imageOf({ image_index, image_count, images_at_once }: JobProgress): string | null {
  const runs = image_count / images_at_once;
  return runs > 1
    ? t("image {{image}} of {{runs}}", { image: image_index / images_at_once + 1, runs })
    : null;
}

function tileOf({ tile, tile_count }: JobProgress): string | null {
  return tile_count > 1
    ? t("tile {{tile}} of {{tiles}}", {
        tile: Math.min(tile + 1, tile_count),
        tiles: tile_count,
      })
    : null;
}

function stepOf({ step, total_steps }: JobProgress): string {
  return t("step {{step}} of {{steps}}", { step, steps: total_steps });
}

/** How long it will take; empty while nobody knows, and when it is not worth saying. */
export function remainingOf({ progress }: Job): string {
  const { eta_s } = progress;
  return eta_s === null || eta_s < 1 ? "" : t("about {{span}}", { span: spanInWords(eta_s) });
}

/** Done part of all images of a job, in [0, 1]. */
export function fractionOf({ progress }: Job): number {
  const { step, total_steps, tile, tile_count } = progress;
  const steps = total_steps === 0 ? 0 : step / total_steps;
  const part = tile_count > 0 ? Math.min(1, (tile + steps) / tile_count) : steps;
  const done = progress.image_index + progress.images_at_once * part;
  return Math.min(1, done / Math.max(1, progress.image_count));
}

/** The sides of a picture. */
export const SIDES_IN_WORDS = {
  left: t("left"),
  right: t("right"),
  top: t("top"),
  bottom: t("bottom"),
} as const;

/** A sentence as it stands within another: what a service says of itself is one, or a clause. */
export function asClause(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\.$/, "");
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
