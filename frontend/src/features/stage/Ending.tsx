import { Button, Group, Stack, Text } from "@mantine/core";
import { IconBrush, IconDownload, IconRepeat } from "@tabler/icons-react";
import type { Job, JobImage } from "@/api/gen";
import { Facts } from "./Facts";

interface EndingProps {
  job: Job;
  image: JobImage | undefined;
  onEdit: (image: JobImage) => void;
  onReuse: (job: Job, seed: number) => void;
  onRetry: (job: Job) => void;
}

/** How a job ended, what it was made from, and what can be done with it. */
export function Ending({ job, image, onEdit, onReuse, onRetry }: EndingProps) {
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
