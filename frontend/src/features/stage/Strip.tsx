import { Group, UnstyledButton } from "@mantine/core";
import type { JobImage } from "@/api/gen";
import { thumbnailOf } from "@/api/pictures";
import classes from "./Strip.module.css";
import { WORDS } from "./words";

interface StripProps {
  images: readonly JobImage[];
  shown: JobImage | undefined;
  onPick: (index: number) => void;
}

/** The images of one run side by side; nothing when there is only one. */
export function Strip({ images, shown, onPick }: StripProps) {
  if (images.length < 2) return null;
  return (
    <Group gap={8} justify="center" role="group" aria-label={WORDS.run}>
      {images.map((image, index) => (
        <UnstyledButton
          key={image.id}
          className={classes.thumb}
          aria-label={WORDS.image(index + 1, image.seed)}
          aria-pressed={image === shown}
          onClick={() => onPick(index)}
        >
          <img src={thumbnailOf(image.id, 128)} alt="" />
        </UnstyledButton>
      ))}
    </Group>
  );
}
