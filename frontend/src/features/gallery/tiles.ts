import type { Job, JobImage } from "@/api/gen";

/** One picture of the history. */
export interface Tile {
  job: Job;
  image: JobImage;
  /** Which image of its job. */
  index: number;
}

// Of a job that has not changed the same ones, so that nothing is drawn anew.
const known = new WeakMap<Job, readonly Tile[]>();

export function tilesOf(jobs: readonly Job[]): Tile[] {
  return jobs.flatMap((job) => {
    const tiles = known.get(job) ?? job.images.map((image, index) => ({ job, image, index }));
    known.set(job, tiles);
    return tiles;
  });
}

/** How tiles lie in a width. */
export interface Grid {
  columns: number;
  side_px: number;
}

export const GAP_PX = 8;
const LEAST_SIDE_PX = 104;

/** As many columns as fit, none narrower than a tile must be. */
export function gridIn(width_px: number): Grid {
  const fitting = Math.floor((width_px + GAP_PX) / (LEAST_SIDE_PX + GAP_PX));
  const columns = Math.max(2, fitting);
  return { columns, side_px: (width_px - (columns - 1) * GAP_PX) / columns };
}

/** Which tile a key leads to from another; null for keys that lead nowhere. */
export function tileAfter(key: string, from: number, columns: number, count: number) {
  const to = {
    ArrowLeft: from - 1,
    ArrowRight: from + 1,
    ArrowUp: from - columns,
    ArrowDown: from + columns,
    Home: 0,
    End: count - 1,
  }[key];
  if (to === undefined) return null;
  // Beyond the last row there is no tile below, but at its end there is one to stay at.
  if (to >= count) return key === "ArrowDown" && from < count - 1 ? count - 1 : from;
  return to < 0 ? from : to;
}
