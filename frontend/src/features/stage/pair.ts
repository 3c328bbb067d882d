import type { Job, JobImage } from "@/api/gen";
import { originalOf } from "@/api/job";
import { thumbnailOf, urlOf } from "@/api/pictures";
import { type Margins, placeWithin, type Size } from "@/canvas/geometry";
import { WORDS } from "./words";

/** What is shown beside a result: what it was made from, or what it is compared with. */
export interface Counterpart {
  src: string;
  name: string;
  /** What was painted around it. */
  margins: Margins | null;
  isPicked: boolean;
}

/** The picture to compare a job with: the one that was picked, else the one that it started from. */
export function counterpartOf(job: Job, picked: JobImage | null): Counterpart | null {
  if (picked) return { src: picked.url, name: WORDS.compared, margins: null, isPicked: true };
  const original = originalOf(job);
  if (!original) return null;
  const { id, name, margins } = original;
  return { src: urlOf(id), name, margins, isPicked: false };
}

/** Where in the frame of a result its counterpart lies; it fills it if nothing is said. */
export function placeOf({ margins }: Counterpart, size: Size, isFinished: boolean) {
  // Before a picture is finished, its size is a guess.
  return isFinished && margins ? placeWithin(size, margins) : undefined;
}

/** The newest jobs that have something to show, one picture for each. */
export function latestOf(jobs: readonly Job[], count: number): { job: Job; src: string }[] {
  return jobs
    .flatMap((job) => {
      const image = job.images[0];
      return image ? [{ job, src: thumbnailOf(image.id, 128) }] : [];
    })
    .slice(0, count);
}
