import type { Estimate, Job, QueueEvent } from "@/api/gen";
import { spanInWords } from "@/components/words";
import { t } from "@/i18n";

/** What is known of the queue when a run is about to join it. */
export interface Outlook {
  /** Unfinished jobs of whoever looks. */
  active: readonly Job[];
  queue: Pick<QueueEvent, "total" | "paused"> | undefined;
  /** Seconds until the last of those that wait is done; null while unknown. */
  eta_s: number | null;
}

/** When a run would begin, in a few words; null while nothing is known. */
export function planOf({ active, queue, eta_s }: Outlook): string | null {
  if (!queue) return null;
  if (queue.paused) return t("Waits until the queue goes on.");
  const running = active.filter(({ status }) => status !== "queued");
  const ahead = running.length + queue.total;
  if (ahead === 0) return t("Starts at once.");
  const known_s = queue.total > 0 ? eta_s : longest(running);
  const span = known_s === null ? "" : t(", about {{span}}", { span: spanInWords(known_s) });
  return t("{{count}} jobs ahead{{span}}.", { count: ahead, span });
}

const FITS: Record<Exclude<Estimate["fit"], "never">, string> = {
  now: t("Fits now"),
  after_switch: t("Fits after a change of models"),
  after_wait: t("Fits as soon as memory is free"),
};

/** Whether a run would fit into memory, how, and how long it would take. */
export function fitOf({ fit, tier, seconds, measured, reason }: Estimate): string {
  if (fit === "never") return t("Does not fit: {{reason}}", { reason });
  const how = tier ? ` (${tier})` : "";
  const way = `${FITS[fit]}${how}`;
  if (seconds === null) return t("{{way}}.", { way });
  // What was never measured here may be far off.
  const span = spanInWords(Math.max(1, seconds));
  return measured
    ? t("{{way}}, about {{span}}.", { way, span })
    : t("{{way}}, perhaps {{span}}.", { way, span });
}

function longest(running: readonly Job[]): number | null {
  const spans = running.map(({ progress }) => progress.eta_s).filter((span) => span !== null);
  return spans.length > 0 ? Math.max(...spans) : null;
}
