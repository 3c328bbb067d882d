import { ActionIcon, Textarea, TextInput, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Size } from "@/canvas/geometry";
import { colourOf, toCss } from "@/canvas/palette";
import type { FieldName } from "@/form/obstacles";
import { t } from "@/i18n";
import { Card } from "./Card";
import classes from "./Card.module.css";
import { RegionPlace } from "./RegionPlace";
import { nameOf, type Region } from "./regions";

interface RegionCardProps {
  region: Region;
  /** What the API calls it. */
  field: `entities.${number}`;
  /** Of the result. */
  size: Size;
  /** Whether its place is shown, too. */
  isOpen: boolean;
  isFirst: boolean;
  isLast: boolean;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<Region>) => void;
  onSelect: () => void;
  onShift: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** One region: its name, what it shows and where. */
export function RegionCard(props: RegionCardProps) {
  const { region, field, isOpen, isFirst, isLast, errorOf, onChange, onShift } = props;
  const { id, prompt } = region;
  const name = nameOf(region);
  return (
    <Card
      name={name}
      colour={toCss(colourOf(id))}
      title={
        <TextInput
          size="xs"
          aria-label={t("Name of {{name}}", { name })}
          value={region.name}
          onChange={(event) => onChange({ name: event.currentTarget.value })}
        />
      }
      actions={
        <>
          <Shift
            label={t("Move {{name}} up", { name })}
            isOff={isFirst}
            onClick={() => onShift(-1)}
          >
            <IconArrowUp size={15} stroke={1.8} />
          </Shift>
          <Shift
            label={t("Move {{name}} down", { name })}
            isOff={isLast}
            onClick={() => onShift(1)}
          >
            <IconArrowDown size={15} stroke={1.8} />
          </Shift>
        </>
      }
      onFocus={props.onSelect}
      onRemove={props.onRemove}
    >
      <Textarea
        aria-label={t("What {{name}} shows", { name })}
        placeholder={t("What is here? Say: a red star")}
        rows={2}
        value={prompt}
        error={errorOf(`${field}.prompt`)}
        onChange={(event) => onChange({ prompt: event.currentTarget.value })}
      />
      {isOpen && <RegionPlace {...props} />}
    </Card>
  );
}

interface ShiftProps {
  label: string;
  isOff: boolean;
  onClick: () => void;
  children: ReactNode;
}

// Not `disabled`: who moves a region to the end by keys keeps the focus.
function Shift({ label, isOff, onClick, children }: ShiftProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        size="sm"
        aria-label={label}
        aria-disabled={isOff}
        className={classes.shift}
        data-disabled={isOff || undefined}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
