import { Menu } from "@mantine/core";
import {
  IconArrowsMaximize,
  IconBrush,
  IconColumns2,
  IconDownload,
  IconGridDots,
  IconHash,
  IconPhoto,
  IconPhotoPlus,
  IconQuote,
  IconRepeat,
  IconShape2,
  IconStack2,
  IconStar,
  IconStarOff,
  IconTrash,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal } from "@/api/job";
import { MENU } from "./menu-words";
import { OpenMenu } from "./OpenMenu";
import type { PictureActions, Purpose } from "./picture-actions";

interface PictureMenuProps {
  label: string;
  job: Job;
  image: JobImage;
  /** Whether it is the one on the stage, which is not compared with itself. */
  isShown: boolean;
  actions: PictureActions;
  onChange: (isOpen: boolean) => void;
}

const PURPOSES: readonly [Purpose, ComponentType<{ size: number; stroke: number }>][] = [
  ["input", IconPhoto],
  ["inpaint", IconBrush],
  ["reference", IconPhotoPlus],
  ["control", IconShape2],
];

/** Everything that can be done with a finished picture. */
export function PictureMenu(props: PictureMenuProps) {
  const { label, job, image, isShown, actions, onChange } = props;
  const { edit, upscale } = actions.offs;
  return (
    <OpenMenu label={label} position="bottom-start" onChange={onChange}>
      <Menu.Label>{MENU.reuse}</Menu.Label>
      <Item icon={IconRepeat} onClick={() => actions.onReuse(job, image)}>
        {MENU.all}
      </Item>
      <Item icon={IconQuote} onClick={() => actions.onPrompt(job)}>
        {MENU.prompt}
      </Item>
      <Item icon={IconHash} onClick={() => actions.onSeed(image)}>
        {MENU.seed}
      </Item>
      {job.kind !== "layers" && (
        <Item icon={IconGridDots} onClick={() => actions.onVary(job)}>
          {MENU.vary}
        </Item>
      )}
      <Menu.Divider />
      <Menu.Label>{MENU.use}</Menu.Label>
      {PURPOSES.map(([purpose, icon]) => (
        <Item key={purpose} icon={icon} off={edit} onClick={() => actions.onUse(image, purpose)}>
          {MENU.purposes[purpose]}
        </Item>
      ))}
      <Item icon={IconArrowsMaximize} off={upscale} onClick={() => actions.onUpscale(job, image)}>
        {MENU.upscale}
      </Item>
      <Menu.Divider />
      {!isShown && (
        <Item icon={IconColumns2} onClick={() => actions.onCompare(job, image)}>
          {MENU.compare}
        </Item>
      )}
      {job.batch && (
        <Item icon={IconStack2} onClick={() => job.batch && actions.onBatch(job.batch)}>
          {MENU.batch}
        </Item>
      )}
      <Menu.Item
        component="a"
        href={image.url}
        download={`limner-${image.seed}.png`}
        leftSection={<IconDownload size={16} stroke={1.7} />}
      >
        {MENU.download}
      </Menu.Item>
      <Item
        icon={job.favourite ? IconStarOff : IconStar}
        onClick={() => actions.onStar(job, !job.favourite)}
      >
        {job.favourite ? MENU.unstar : MENU.star}
      </Item>
      {isFinal(job) && (
        <Item icon={IconTrash} color="var(--alarm)" onClick={() => actions.onDelete(job)}>
          {MENU.remove(job.images.length)}
        </Item>
      )}
    </OpenMenu>
  );
}

interface ItemProps {
  icon: ComponentType<{ size: number; stroke: number }>;
  /** Why it is not to be had. */
  off?: string | null;
  color?: string;
  onClick: () => void;
  children: string;
}

function Item({ icon: Icon, off = null, color, onClick, children }: ItemProps) {
  return (
    <Menu.Item
      leftSection={<Icon size={16} stroke={1.7} />}
      disabled={off !== null}
      title={off ?? undefined}
      aria-description={off ?? undefined}
      {...(color && { color })}
      onClick={onClick}
    >
      {children}
    </Menu.Item>
  );
}
