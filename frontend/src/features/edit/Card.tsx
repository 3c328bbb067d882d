import { ActionIcon, Stack, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { CSSProperties, ReactNode } from "react";
import { t } from "@/i18n";
import classes from "./Card.module.css";

interface CardProps {
  name: string;
  /** In place of the name; it is shown as it is if nothing is given. */
  title?: ReactNode;
  /** Beside the button that removes it. */
  actions?: ReactNode;
  /** Of its edge. */
  colour?: string;
  onFocus?: () => void;
  onRemove: () => void;
  children: ReactNode;
}

/** One of several things that a run is told. */
export function Card({ name, title, actions, colour, onFocus, onRemove, children }: CardProps) {
  return (
    <fieldset
      className={classes.card}
      style={{ "--colour": colour } as CSSProperties}
      aria-label={name}
      onFocus={onFocus}
    >
      <div className={classes.head}>
        <div className={classes.title}>{title ?? name}</div>
        {actions}
        <Tooltip label={t("Remove")}>
          <ActionIcon size="sm" aria-label={t("Remove {{name}}", { name })} onClick={onRemove}>
            <IconX size={15} stroke={1.8} />
          </ActionIcon>
        </Tooltip>
      </div>
      <Stack gap={10}>{children}</Stack>
    </fieldset>
  );
}

/** Cards below each other, in an order that matters. */
export function Cards({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ol className={classes.list} aria-label={label}>
      {children}
    </ol>
  );
}
