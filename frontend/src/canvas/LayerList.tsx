import { ActionIcon, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { IconEye, IconEyeOff, IconLock, IconLockOpen2 } from "@tabler/icons-react";
import { t } from "@/i18n";
import classes from "./LayerList.module.css";

/** One of the things that lie over each other on the canvas. */
export interface Layer {
  id: string;
  name: string;
  /** What it shows, or how. */
  note: string;
  /** As style sheets take it; none where it is a picture. */
  colour: string | null;
  isHidden: boolean;
  /** null where it cannot be drawn on anyway. */
  isLocked: boolean | null;
}

interface LayerListProps {
  /** The uppermost first. */
  layers: readonly Layer[];
  selected: string | null;
  onSelect: (id: string) => void;
  onHide: (id: string) => void;
  onLock: (id: string) => void;
}

/** What lies on the canvas: which of it is drawn on, seen, and safe from the hand. */
export function LayerList({ layers, selected, onSelect, onHide, onLock }: LayerListProps) {
  return (
    <ul className={classes.list} aria-label={t("Layers")}>
      {layers.map(({ id, name, note, colour, isHidden, isLocked }) => (
        <li key={id} className={classes.layer} data-selected={id === selected || undefined}>
          <UnstyledButton
            className={classes.name}
            aria-pressed={isLocked === null ? undefined : id === selected}
            disabled={isLocked === null}
            onClick={() => onSelect(id)}
          >
            <span className={classes.swatch} style={{ background: colour ?? undefined }} />
            <span className={classes.words}>
              {isLocked !== null && <VisuallyHidden>{t("Draw on")} </VisuallyHidden>}
              {name}
              {note && <small>{note}</small>}
            </span>
          </UnstyledButton>
          <Toggle
            label={`${isHidden ? t("Show") : t("Hide")} ${name}`}
            isOn={isHidden}
            icons={[IconEye, IconEyeOff]}
            onClick={() => onHide(id)}
          />
          {isLocked !== null && (
            <Toggle
              label={`${isLocked ? t("Unlock") : t("Lock")} ${name}`}
              isOn={isLocked}
              icons={[IconLockOpen2, IconLock]}
              onClick={() => onLock(id)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

interface ToggleProps {
  label: string;
  isOn: boolean;
  icons: readonly [typeof IconEye, typeof IconEye];
  onClick: () => void;
}

function Toggle({ label, isOn, icons: [Off, On], onClick }: ToggleProps) {
  const Icon = isOn ? On : Off;
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" aria-label={label} onClick={onClick}>
        <Icon size={15} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}
