import { Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Job } from "@/api/gen";
import { isFinal, settingsOf } from "@/api/job";
import { previewQuery } from "@/api/jobs";
import { ImageFrame } from "@/components/ImageFrame";
import { Label } from "./Label";
import classes from "./Stage.module.css";
import { Working } from "./Working";

interface StageProps {
  job: Job;
  imageIndex: number;
  onPickImage: (index: number) => void;
  onReuse: (job: Job, seed: number) => void;
  onRetry: (job: Job) => void;
  onCancel: (job: Job) => void;
}

/** One job in full: its picture as it comes into being, and then what it was made from. */
export function Stage({ job, imageIndex, onPickImage, onReuse, onRetry, onCancel }: StageProps) {
  const { data: preview } = useQuery(previewQuery(job.id));
  const { prompt, width, height } = settingsOf(job);
  const image = job.images[imageIndex] ?? (isFinal(job) ? job.images[0] : undefined);
  return (
    <Stack gap="md" className={classes.stage}>
      <ImageFrame
        src={image?.url ?? preview?.data_url}
        alt={image ? prompt : `Preview of: ${prompt}`}
        width={image?.width ?? width ?? 1}
        height={image?.height ?? height ?? 1}
        busy={!isFinal(job)}
      />
      {job.images.length > 1 && (
        <Group gap={8} justify="center" role="group" aria-label="Images of this run">
          {job.images.map((one, index) => (
            <UnstyledButton
              key={one.id}
              className={classes.thumb}
              aria-label={`Image ${index + 1}, seed ${one.seed}`}
              aria-pressed={one === image}
              onClick={() => onPickImage(index)}
            >
              <img src={one.url} alt="" />
            </UnstyledButton>
          ))}
        </Group>
      )}
      {isFinal(job) ? (
        <Label job={job} image={image} onReuse={onReuse} onRetry={onRetry} />
      ) : (
        <Working job={job} onCancel={onCancel} />
      )}
      {!isFinal(job) && <Text className={classes.prompt}>{prompt}</Text>}
    </Stack>
  );
}
