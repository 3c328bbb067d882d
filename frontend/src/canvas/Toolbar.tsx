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
export const TOOL_WORDS: Record<Tool, { label: string; icon: ReactNode }> = {
  brush: { label: t("Brush"), icon: <IconBrush {...ICON} /> },
  eraser: { label: t("Eraser"), icon: <IconEraser {...ICON} /> },
  box: { label: t("Box"), icon: <IconRectangle {...ICON} /> },
  lasso: { label: t("Lasso"), icon: <IconLasso {...ICON} /> },
};
export const ACTION_WORDS: Record<Action, { label: string; icon: ReactNode }> = {
  undo: { label: t("Undo"), icon: <IconArrowBackUp {...ICON} /> },
  redo: { label: t("Redo"), icon: <IconArrowForwardUp {...ICON} /> },
  invert: { label: t("Invert"), icon: <IconContrast2 {...ICON} /> },
  clear: { label: t("Clear"), icon: <IconTrash {...ICON} /> },
  zoomOut: { label: t("Zoom out"), icon: <IconZoomOut {...ICON} /> },
  fit: { label: t("Show all"), icon: <IconZoomReset {...ICON} /> },
  zoomIn: { label: t("Zoom in"), icon: <IconZoomIn {...ICON} /> },
};

/** The tools, and what can be done with what was drawn. */
export function Toolbar({ tool, onTool, actions, children }: ToolbarProps) {
  const button = (action: Action) => (
    <Act
      key={action}
      {...ACTION_WORDS[action]}
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
            {...TOOL_WORDS[each]}
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
