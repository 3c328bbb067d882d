import { ActionIcon, Group, Tooltip } from "@mantine/core";
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconBrush,
  IconContrast2,
  IconEraser,
  IconLasso,
  IconRectangle,
  IconTrash,
  IconZoomIn,
  IconZoomOut,
  IconZoomReset,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { t } from "@/i18n";
import { ACTION_KEYS, type Action, TOOL_KEYS } from "./keys";
import { ACTION_NAMES, TOOL_NAMES } from "./names";
import { TOOLS, type Tool } from "./pen";
import classes from "./Toolbar.module.css";

interface ToolbarProps {
  tool: Tool;
  onTool: (tool: Tool) => void;
  actions: Readonly<Record<Action, (() => void) | null>>;
  /** How large the brush is. */
  children: ReactNode;
}

const ICON = { size: 18, stroke: 1.6 } as const;
const TOOL_ICONS: Readonly<Record<Tool, ReactNode>> = {
  brush: <IconBrush {...ICON} />,
  eraser: <IconEraser {...ICON} />,
  box: <IconRectangle {...ICON} />,
  lasso: <IconLasso {...ICON} />,
};
const ACTION_ICONS: Readonly<Record<Action, ReactNode>> = {
  undo: <IconArrowBackUp {...ICON} />,
  redo: <IconArrowForwardUp {...ICON} />,
  invert: <IconContrast2 {...ICON} />,
  clear: <IconTrash {...ICON} />,
  zoomOut: <IconZoomOut {...ICON} />,
  fit: <IconZoomReset {...ICON} />,
  zoomIn: <IconZoomIn {...ICON} />,
};

/** The tools, and what can be done with what was drawn. */
export function Toolbar({ tool, onTool, actions, children }: ToolbarProps) {
  const button = (action: Action) => (
    <Act
      key={action}
      label={ACTION_NAMES[action]}
      icon={ACTION_ICONS[action]}
      chord={ACTION_KEYS[action][0]}
      act={actions[action]}
    />
  );
  return (
    <div className={classes.bar} role="toolbar" aria-label={t("Tools")}>
      <fieldset className={classes.tools}>
        <legend className={classes.legend}>{t("Tool")}</legend>
        {TOOLS.map((each) => (
          <Choice
            key={each}
            label={TOOL_NAMES[each]}
            icon={TOOL_ICONS[each]}
            chord={TOOL_KEYS[each]}
            isChosen={each === tool}
            onChoose={() => onTool(each)}
          />
        ))}
      </fieldset>
      {children}
      <Group gap={2}>{(["undo", "redo", "invert", "clear"] as const).map(button)}</Group>
      <Group gap={2} ms="auto">
        {(["zoomOut", "fit", "zoomIn"] as const).map(button)}
      </Group>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  chord: string;
  icon: ReactNode;
  isChosen: boolean;
  onChoose: () => void;
}

/** Native radio buttons give the tools their keys. */
function Choice({ label, chord, icon, isChosen, onChoose }: ChoiceProps) {
  return (
    <Tooltip label={withKey(label, chord)}>
      <label className={classes.tool}>
        <input
          type="radio"
          name="canvas tool"
          aria-label={label}
          className={classes.radio}
          checked={isChosen}
          onChange={onChoose}
        />
        {icon}
      </label>
    </Tooltip>
  );
}

interface ActProps {
  label: string;
  chord: string | undefined;
  icon: ReactNode;
  act: (() => void) | null;
}

// Not `disabled`: who undoes the last step by keys keeps the focus.
function Act({ label, chord, icon, act }: ActProps) {
  return (
    <Tooltip label={withKey(label, chord)}>
      <ActionIcon
        aria-label={label}
        aria-disabled={act === null}
        className={classes.act}
        data-disabled={act === null || undefined}
        onClick={() => act?.()}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function withKey(label: string, chord: string | undefined): string {
  return chord ? `${label} (${chord})` : label;
}
