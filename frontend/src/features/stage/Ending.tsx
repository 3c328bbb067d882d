import { ActionIcon, Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconBrush,
  IconDownload,
  IconExternalLink,
  IconRepeat,
  IconStar,
  IconStarFilled,
} from "@tabler/icons-react";
import { useState } from "react";
import type { Job, JobImage } from "@/api/gen";
import { PictureMenuButton } from "@/components/PictureMenuButton";
import type { PictureActions } from "@/components/picture-actions";
import { Facts } from "./Facts";
import { WORDS } from "./words";

interface EndingProps {
  job: Job;
  image: JobImage | undefined;
  onRetry: (job: Job) => void;
  actions: PictureActions;
}

/** How a job ended, what it was made from, and what can be done with it. */
export function Ending({ job, image, onRetry, actions }: EndingProps) {
  return (
    <Stack gap="sm">
      {job.error && <Text c="var(--alarm)">{job.error.message}</Text>}
      {job.status === "cancelled" && <Text c="dimmed">{WORDS.cancelled}</Text>}
      <Facts job={job} image={image} />
      {image ? (
        <Onwards job={job} image={image} actions={actions} />
      ) : (
        <Group gap={8}>
          <Button variant="default" size="sm" onClick={() => onRetry(job)}>
            {WORDS.again}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

interface OnwardsProps {
  job: Job;
  image: JobImage;
  actions: PictureActions;
}

function Onwards({ job, image, actions }: OnwardsProps) {
  const onwards = [
    { label: WORDS.edit, icon: IconBrush, go: () => actions.onUse(image, "input") },
    { label: WORDS.upscale, icon: IconArrowsMaximize, go: () => actions.onUpscale(job, image) },
    { label: WORDS.reuse, icon: IconRepeat, go: () => actions.onReuse(job, image) },
  ];
  const [isOpen, setOpen] = useState(false);
  return (
    <Group gap={8}>
      <Button
        component="a"
        href={image.url}
        download={`limner-${image.seed}.png`}
        variant="light"
        size="sm"
        leftSection={<IconDownload size={17} stroke={1.7} />}
      >
        {WORDS.download}
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
          {WORDS.fullSize}
        </Button>
      )}
      {onwards.map(({ label, icon: Icon, go }) => (
        <Button
          key={label}
          variant="default"
          size="sm"
          leftSection={<Icon size={17} stroke={1.7} />}
          onClick={go}
        >
          {label}
        </Button>
      ))}
      <Tooltip label={WORDS.star}>
        <ActionIcon
          size={36}
          variant="default"
          aria-label={WORDS.star}
          aria-pressed={job.favourite}
          onClick={() => actions.onStar(job, !job.favourite)}
        >
          {job.favourite ? (
            <IconStarFilled size={17} color="var(--waiting)" />
          ) : (
            <IconStar size={17} stroke={1.7} />
          )}
        </ActionIcon>
      </Tooltip>
      <PictureMenuButton
        label={WORDS.more}
        isLarge
        job={job}
        image={image}
        isShown
        actions={() => actions}
        isOpen={isOpen}
        onOpen={setOpen}
      />
    </Group>
  );
}

const SHOWN_PX = 640; // of a picture's longer side, on a stage of usual width

function isShrunk({ width, height }: JobImage): boolean {
  return Math.max(width, height) > SHOWN_PX;
}
