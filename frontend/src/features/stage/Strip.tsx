import { Group, UnstyledButton } from "@mantine/core";
import type { JobImage } from "@/api/gen";
import classes from "./Strip.module.css";

interface StripProps {
  images: readonly JobImage[];
  shown: JobImage | undefined;
  onPick: (index: number) => void;
}

/** The images of one run side by side; nothing when there is only one. */
export function Strip({ images, shown, onPick }: StripProps) {
  if (images.length < 2) return null;
  return (
    <Group gap={8} justify="center" role="group" aria-label="Images of this run">
      {images.map((image, index) => (
        <UnstyledButton
          key={image.id}
          className={classes.thumb}
          aria-label={`Image ${index + 1}, seed ${image.seed}`}
          aria-pressed={image === shown}
          onClick={() => onPick(index)}
        >
          <img src={image.url} alt="" />
        </UnstyledButton>
      ))}
    </Group>
  );
}
