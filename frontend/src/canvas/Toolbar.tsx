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
import { TOOLS, type Tool } from "./pen";
import classes from "./Toolbar.module.css";

interface ToolbarProps {
  tool: Tool;
  onTool: (tool: Tool) => void;
  actions: Readonly<Record<Action, (() => void) | null>>;
  /** How large the brush is. */
  children: ReactNode;
}

/** What else can be done on the canvas; null where it cannot. */
export type Action = "undo" | "redo" | "invert" | "clear" | "zoomIn" | "zoomOut" | "fit";

const ICON = { size: 18, stroke: 1.6 } as const;
const TOOL_WORDS: Record<Tool, { label: string; keys: string; icon: ReactNode }> = {
  brush: { label: t("Brush"), keys: "B", icon: <IconBrush {...ICON} /> },
  eraser: { label: t("Eraser"), keys: "E", icon: <IconEraser {...ICON} /> },
  box: { label: t("Box"), keys: "R", icon: <IconRectangle {...ICON} /> },
  lasso: { label: t("Lasso"), keys: "L", icon: <IconLasso {...ICON} /> },
};
const ACTION_WORDS: Record<Action, { label: string; keys?: string; icon: ReactNode }> = {
  undo: { label: t("Undo"), keys: "Ctrl+Z", icon: <IconArrowBackUp {...ICON} /> },
  redo: { label: t("Redo"), keys: "Ctrl+Shift+Z", icon: <IconArrowForwardUp {...ICON} /> },
  invert: { label: t("Invert"), keys: "I", icon: <IconContrast2 {...ICON} /> },
  clear: { label: t("Clear"), icon: <IconTrash {...ICON} /> },
  zoomOut: { label: t("Zoom out"), keys: "-", icon: <IconZoomOut {...ICON} /> },
  fit: { label: t("Show all"), keys: "0", icon: <IconZoomReset {...ICON} /> },
  zoomIn: { label: t("Zoom in"), keys: "+", icon: <IconZoomIn {...ICON} /> },
};

/** The tools, and what can be done with what was drawn. */
export function Toolbar({ tool, onTool, actions, children }: ToolbarProps) {
  const button = (action: Action) => (
    <Act key={action} {...ACTION_WORDS[action]} act={actions[action]} />
  );
  return (
    <div className={classes.bar} role="toolbar" aria-label={t("Tools")}>
      <fieldset className={classes.tools}>
        <legend className={classes.legend}>{t("Tool")}</legend>
        {TOOLS.map((each) => (
          <Choice
            key={each}
            {...TOOL_WORDS[each]}
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
  keys?: string;
  icon: ReactNode;
  isChosen: boolean;
  onChoose: () => void;
}

/** Native radio buttons give the tools their keys. */
function Choice({ label, icon, isChosen, onChoose }: ChoiceProps) {
  return (
    <Tooltip label={withKey(label)}>
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
  icon: ReactNode;
  act: (() => void) | null;
}

// Not `disabled`: who undoes the last step by keys keeps the focus.
function Act({ label, icon, act }: ActProps) {
  return (
    <Tooltip label={withKey(label)}>
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

function withKey(label: string): string {
  const all = [...Object.values(TOOL_WORDS), ...Object.values(ACTION_WORDS)];
  const keys = all.find((each) => each.label === label)?.keys;
  return keys ? `${label} (${keys})` : label;
}
