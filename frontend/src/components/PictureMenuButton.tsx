import { lazy } from "react";
import type { Job, JobImage } from "@/api/gen";
import { MenuButton } from "./MenuButton";
import type { PictureActions } from "./picture-actions";

// No part of the first load.
const PictureMenu = lazy(async () => ({
  default: (await import("./PictureMenu")).PictureMenu,
}));

interface PictureMenuButtonProps {
  label: string;
  className?: string | undefined;
  isLarge?: boolean;
  tabIndex?: number;
  job: Job;
  image: JobImage;
  /** Whether it is the one on the stage. */
  isShown: boolean;
  /** What can be done, when the menu opens. */
  actions: () => PictureActions;
  isOpen: boolean;
  onOpen: (isOpen: boolean) => void;
}

/** A button behind which is everything that can be done with a picture. */
export function PictureMenuButton(props: PictureMenuButtonProps) {
  const { job, image, isShown, actions, ...button } = props;
  return (
    <MenuButton {...button}>
      {(onChange) => (
        <PictureMenu
          label={button.label}
          job={job}
          image={image}
          isShown={isShown}
          actions={actions()}
          onChange={onChange}
        />
      )}
    </MenuButton>
  );
}
