import type { Job, Kind, ListJobsData, State } from "./gen";

/** Which jobs of the history are looked for; what is empty does not matter. */
export interface Search {
  words: string;
  kinds: readonly Kind[];
  states: readonly State[];
  models: readonly string[];
  /** The first and the last day, as "2026-01-31". */
  since: string | null;
  until: string | null;
  isFavourite: boolean;
  batch: string | null;
}

export const EVERYTHING: Search = {
  words: "",
  kinds: [],
  states: [],
  models: [],
  since: null,
  until: null,
  isFavourite: false,
  batch: null,
};

// A job that waits has nothing to show yet: the queue tells of it.
const STARTED: readonly State[] = ["running", "cancelling", "succeeded", "failed", "cancelled"];

/** Writes a search as the API reads it. */
export function toQuery(search: Search): NonNullable<ListJobsData["query"]> {
  const { words, kinds, states, models, since, until, isFavourite, batch } = search;
  return {
    status: [...(states.length > 0 ? states : STARTED)],
    ...(words.trim() !== "" && { q: words.trim().slice(0, 200) }),
    ...(kinds.length > 0 && { kind: [...kinds] }),
    ...(models.length > 0 && { model: [...models] }),
    ...(since && { since: new Date(startOf(since)).toISOString() }),
    ...(until && { until: new Date(endOf(until)).toISOString() }),
    ...(isFavourite && { favourite: true }),
    ...(batch && { batch }),
  };
}

/** Whether a search finds a job: the studio sends jobs, not what has become of searches. */
export function finds(search: Search, job: Job): boolean {
  const { words, kinds, states, models, since, until, isFavourite, batch } = search;
  const prompt = String(job.request.prompt ?? "").toLowerCase();
  const created_ms = Date.parse(job.created_at);
  return (
    includes(states.length > 0 ? states : STARTED, job.status) &&
    (kinds.length === 0 || includes(kinds, job.kind)) &&
    (models.length === 0 || includes(models, job.request.model)) &&
    (!isFavourite || job.favourite) &&
    (batch === null || job.batch === batch) &&
    (since === null || created_ms >= startOf(since)) &&
    (until === null || created_ms < endOf(until)) &&
    words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => prompt.includes(word))
  );
}

/** How many of its conditions a search has, but for its words and stars, which are in sight anyway. */
export function conditionsOf({ kinds, states, models, since, until }: Search): number {
  const days = [since, until].filter((day) => day !== null);
  return [kinds, states, models, days].filter(({ length }) => length > 0).length;
}

function includes(all: readonly unknown[], one: unknown): boolean {
  return all.includes(one);
}

// Days are those of whoever looks.
function startOf(day: string): number {
  return new Date(`${day}T00:00:00`).getTime();
}

function endOf(day: string): number {
  const next = new Date(startOf(day));
  next.setDate(next.getDate() + 1);
  return next.getTime();
}
