import { Button, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import type { Job } from "@/api/gen";
import { titleOf } from "@/components/words";
import classes from "./Gallery.module.css";

interface GalleryProps {
  jobs: readonly Job[];
  /** The id of the image on the stage. */
  shown: string | undefined;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
  onSelect: (job: Job, imageIndex: number) => void;
}

/** Everything painted so far, newest first. */
export function Gallery({ jobs, shown, hasMore, isLoading, onMore, onSelect }: GalleryProps) {
  const tiles = jobs.flatMap((job) => job.images.map((image, index) => ({ job, image, index })));
  if (tiles.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="History">
      <Title order={2} className={classes.heading}>
        History
      </Title>
      <ul className={classes.grid}>
        {tiles.map(({ job, image, index }) => (
          <li key={`${job.id} ${image.id}`}>
            <UnstyledButton
              className={classes.tile}
              data-transparent={job.kind === "layers" || undefined}
              aria-current={image.id === shown ? "true" : undefined}
              onClick={() => onSelect(job, index)}
            >
              <img src={image.url} alt={titleOf(job)} loading="lazy" decoding="async" />
              <Text span className={classes.caption} aria-hidden="true">
                {titleOf(job)}
              </Text>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {hasMore && (
        <Button variant="default" loading={isLoading} onClick={onMore} className={classes.more}>
          Show older
        </Button>
      )}
    </Stack>
  );
}
