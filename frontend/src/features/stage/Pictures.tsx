import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal } from "@/api/job";
import { previewQuery } from "@/api/jobs";
import type { Size } from "@/canvas/geometry";
import { ImageFrame, Mount } from "@/components/ImageFrame";
import { titleOf } from "@/components/words";
import { type Counterpart, placeOf } from "./pair";
import classes from "./Stage.module.css";
import { WORDS } from "./words";

// Who never compares never loads it.
const CompareSlider = lazy(async () => ({
  default: (await import("@/components/CompareSlider")).CompareSlider,
}));

/** How a result and its counterpart are shown. */
export type View = "beside" | "slider";

interface PicturesProps {
  job: Job;
  /** The finished image; none shows the preview. */
  image: JobImage | undefined;
  counterpart: Counterpart | null;
  size: Size;
  view: View;
}

/** What has become of a job so far, with what it is compared with. */
export function Pictures({ job, image, counterpart, size, view }: PicturesProps) {
  if (counterpart && image && view === "slider") {
    const place = placeOf(counterpart, size, true);
    return (
      <Suspense fallback={<Mount {...size} />}>
        <CompareSlider
          before={{ src: counterpart.src, name: counterpart.name, place }}
          after={{ src: image.url, name: WORDS.result }}
          {...size}
        />
      </Suspense>
    );
  }
  return (
    <div className={classes.pictures}>
      {counterpart && (
        <Named name={counterpart.name}>
          <ImageFrame
            src={counterpart.src}
            alt={counterpart.name}
            {...size}
            place={placeOf(counterpart, size, image !== undefined)}
          />
        </Named>
      )}
      <After job={job} image={image} size={size} isNamed={counterpart !== null} />
    </div>
  );
}

interface AfterProps {
  job: Job;
  image: JobImage | undefined;
  size: Size;
  isNamed: boolean;
}

function After({ job, image, size, isNamed }: AfterProps) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const title = titleOf(job);
  return (
    <Named name={isNamed ? WORDS.result : null}>
      <ImageFrame
        src={image?.url ?? preview?.data_url}
        alt={image ? title : WORDS.previewOf(title)}
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
