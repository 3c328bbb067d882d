import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal, type Original } from "@/api/job";
import { previewQuery } from "@/api/jobs";
import { urlOf } from "@/api/pictures";
import { placeWithin, type Size } from "@/canvas/geometry";
import { ImageFrame } from "@/components/ImageFrame";
import { titleOf } from "@/components/words";
import classes from "./Stage.module.css";

interface BeforeProps {
  original: Original;
  /** Of the result, whose frame it shares. */
  size: Size;
  /** Whether it can be shown where it lies in the result: before that is painted, its size is a guess. */
  isPlaced: boolean;
}

/** What a job started from. */
export function Before({ original: { id, name, margins }, size, isPlaced }: BeforeProps) {
  return (
    <Named name={name}>
      <ImageFrame
        src={urlOf(id)}
        alt={name}
        {...size}
        place={isPlaced && margins ? placeWithin(size, margins) : undefined}
      />
    </Named>
  );
}

interface AfterProps {
  job: Job;
  image: JobImage | undefined;
  size: Size;
  isNamed: boolean;
}

/** What has become of it so far. */
export function After({ job, image, size, isNamed }: AfterProps) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const title = titleOf(job);
  return (
    <Named name={isNamed ? "Result" : null}>
      <ImageFrame
        src={image?.url ?? preview?.data_url}
        alt={image ? title : `Preview of: ${title}`}
        {...size}
        busy={!isFinal(job)}
        place={image ? undefined : FILLING}
      />
    </Named>
  );
}

// On its way to a large size, a picture's shape may still be off by a few pixels.
const FILLING = { objectFit: "fill" } as const;

function Named({ name, children }: { name: string | null; children: ReactNode }) {
  return (
    <figure className={classes.picture}>
      {name && <figcaption className={classes.name}>{name}</figcaption>}
      {children}
    </figure>
  );
}
