import { Button, Group, Stack, Text } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconBrush,
  IconDownload,
  IconExternalLink,
  IconRepeat,
} from "@tabler/icons-react";
import type { Job, JobImage } from "@/api/gen";
import { Facts } from "./Facts";

interface EndingProps {
  job: Job;
  image: JobImage | undefined;
  onEdit: (image: JobImage) => void;
  onUpscale: (job: Job, image: JobImage) => void;
  onReuse: (job: Job, seed: number) => void;
  onRetry: (job: Job) => void;
}

/** How a job ended, what it was made from, and what can be done with it. */
export function Ending({ job, image, onEdit, onUpscale, onReuse, onRetry }: EndingProps) {
  return (
    <Stack gap="sm">
      {job.error && <Text c="var(--alarm)">{job.error.message}</Text>}
      {job.status === "cancelled" && <Text c="dimmed">This run was cancelled.</Text>}
      <Facts job={job} image={image} />
      <Group gap={8}>
        {image ? (
          <>
            <Button
              component="a"
              href={image.url}
              download={`limner-${image.seed}.png`}
              variant="light"
              size="sm"
              leftSection={<IconDownload size={17} stroke={1.7} />}
            >
              Download
            </Button>
            {isShrunk(image) && (
              <Button
                component="a"
                href={image.url}
                target="_blank"
                rel="noreferrer"
                variant="default"
                size="sm"
                leftSection={<IconExternalLink size={17} stroke={1.7} />}
              >
                Full size
              </Button>
            )}
            <Button
              variant="default"
              size="sm"
              leftSection={<IconBrush size={17} stroke={1.7} />}
              onClick={() => onEdit(image)}
            >
              Edit this
            </Button>
            <Button
              variant="default"
              size="sm"
              leftSection={<IconArrowsMaximize size={17} stroke={1.7} />}
              onClick={() => onUpscale(job, image)}
            >
              Upscale
            </Button>
            <Button
              variant="default"
              size="sm"
              leftSection={<IconRepeat size={17} stroke={1.7} />}
              onClick={() => onReuse(job, image.seed)}
            >
              Reuse settings
            </Button>
          </>
        ) : (
          <Button variant="default" size="sm" onClick={() => onRetry(job)}>
            Try again
          </Button>
        )}
      </Group>
    </Stack>
  );
}

const SHOWN_PX = 640; // of a picture's longer side, on a stage of usual width

function isShrunk({ width, height }: JobImage): boolean {
  return Math.max(width, height) > SHOWN_PX;
}
