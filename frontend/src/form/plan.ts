import type { Estimate, Job, QueueEvent } from "@/api/gen";
import { spanInWords } from "@/components/words";

/** What is known of the queue when a run is about to join it. */
export interface Outlook {
  /** Unfinished jobs of whoever looks. */
  active: readonly Job[];
  queue: Pick<QueueEvent, "total" | "paused" | "held_up_by"> | undefined;
  /** Seconds until the last of those that wait is done; null while unknown. */
  eta_s: number | null;
}

/** When a run would begin, in a few words; null while nothing is known. */
export function planOf({ active, queue, eta_s }: Outlook): string | null {
  if (!queue) return null;
  if (queue.paused) return "Waits until the queue goes on.";
  const running = active.filter(({ status }) => status !== "queued");
  const ahead = running.length + queue.total;
  if (ahead === 0) return queue.held_up_by ? `Waits: ${queue.held_up_by}.` : "Starts at once.";
  const known_s = queue.total > 0 ? eta_s : longest(running);
  const span = known_s === null ? "" : `, about ${spanInWords(known_s)}`;
  return `${ahead} ${ahead === 1 ? "job" : "jobs"} ahead${span}.`;
}

const FITS: Record<Exclude<Estimate["fit"], "never">, string> = {
  now: "Fits now",
  after_switch: "Fits after a change of models",
  after_wait: "Fits as soon as memory is free",
};

/** Whether a run would fit into memory, how, and how long it would take. */
export function fitOf({ fit, tier, seconds, measured, reason }: Estimate): string {
  if (fit === "never") return `Does not fit: ${reason}`;
  const how = tier ? ` (${tier})` : "";
  if (seconds === null) return `${FITS[fit]}${how}.`;
  // What was never measured here may be far off.
  const span = `${measured ? "about" : "perhaps"} ${spanInWords(Math.max(1, seconds))}`;
  return `${FITS[fit]}${how}, ${span}.`;
}

function longest(running: readonly Job[]): number | null {
  const spans = running.map(({ progress }) => progress.eta_s).filter((span) => span !== null);
  return spans.length > 0 ? Math.max(...spans) : null;
}
