import { Stack, Text } from "@mantine/core";
import type { CSSProperties } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal, originalOf, settingsOf } from "@/api/job";
import { titleOf } from "@/components/words";
import { Ending } from "./Ending";
import { After, Before } from "./Pictures";
import classes from "./Stage.module.css";
import { Strip } from "./Strip";
import { Working } from "./Working";

interface StageProps {
  job: Job;
  /** The finished image to show; none shows the preview. */
  image: JobImage | undefined;
  onPickImage: (index: number) => void;
  onEdit: (image: JobImage) => void;
  onUpscale: (job: Job, image: JobImage) => void;
  onReuse: (job: Job, seed: number) => void;
  onRetry: (job: Job) => void;
  onCancel: (job: Job) => void;
}

/** One job in full: its picture as it comes into being, and then what it was made from. */
export function Stage(props: StageProps) {
  const { job, image, onPickImage, onCancel, ...onwards } = props;
  const asked = settingsOf(job);
  const size = {
    width: image?.width ?? asked.width ?? 1,
    height: image?.height ?? asked.height ?? 1,
  };
  const original = originalOf(job);
  const hasFrame = image !== undefined || !isFinal(job);
  return (
    <section className={classes.stage} aria-label="Picture">
      <Stack
        gap="md"
        className={classes.easel}
        style={{ "--ratio": size.width / size.height } as CSSProperties}
        data-bare={!hasFrame || undefined}
        data-pair={(hasFrame && original !== null) || undefined}
      >
        {hasFrame && (
          <div className={classes.pictures}>
            {original && <Before original={original} size={size} isPlaced={image !== undefined} />}
            <After job={job} image={image} size={size} isNamed={original !== null} />
          </div>
        )}
        <Strip images={job.images} shown={image} onPick={onPickImage} />
        <Text className={classes.prompt}>{titleOf(job)}</Text>
        {isFinal(job) ? (
          <Ending job={job} image={image} {...onwards} />
        ) : (
          <Working job={job} onCancel={onCancel} />
        )}
      </Stack>
    </section>
  );
}
