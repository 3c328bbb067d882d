import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { CSSProperties } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal, settingsOf } from "@/api/job";
import { previewQuery } from "@/api/jobs";
import { ImageFrame } from "@/components/ImageFrame";
import { Ending } from "./Ending";
import classes from "./Stage.module.css";
import { Strip } from "./Strip";
import { Working } from "./Working";

interface StageProps {
  job: Job;
  /** The finished image to show; none shows the preview. */
  image: JobImage | undefined;
  onPickImage: (index: number) => void;
  onReuse: (job: Job, seed: number) => void;
  onRetry: (job: Job) => void;
  onCancel: (job: Job) => void;
}

/** One job in full: its picture as it comes into being, and then what it was made from. */
export function Stage({ job, image, onPickImage, onReuse, onRetry, onCancel }: StageProps) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const { prompt, ...asked } = settingsOf(job);
  const width = image?.width ?? asked.width ?? 1;
  const height = image?.height ?? asked.height ?? 1;
  const hasFrame = image !== undefined || !isFinal(job);
  return (
    <section className={classes.stage} aria-label="Picture">
      <Stack
        gap="md"
        className={classes.easel}
        style={{ "--ratio": width / height } as CSSProperties}
        data-bare={!hasFrame || undefined}
      >
        {hasFrame && (
          <ImageFrame
            src={image?.url ?? preview?.data_url}
            alt={image ? prompt : `Preview of: ${prompt}`}
            width={width}
            height={height}
            busy={!isFinal(job)}
          />
        )}
        <Strip images={job.images} shown={image} onPick={onPickImage} />
        <Text className={classes.prompt}>{prompt}</Text>
        {isFinal(job) ? (
          <Ending job={job} image={image} onReuse={onReuse} onRetry={onRetry} />
        ) : (
          <Working job={job} onCancel={onCancel} />
        )}
      </Stack>
    </section>
  );
}
