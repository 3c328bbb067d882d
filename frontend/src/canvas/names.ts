import { t } from "@/i18n";
import type { Action } from "./keys";
import type { Tool } from "./pen";

/** What the tools are called. */
export const TOOL_NAMES: Readonly<Record<Tool, string>> = {
  brush: t("Brush"),
  eraser: t("Eraser"),
  box: t("Box"),
  lasso: t("Lasso"),
};

/** What the actions are called. */
export const ACTION_NAMES: Readonly<Record<Action, string>> = {
  undo: t("Undo"),
  redo: t("Redo"),
  invert: t("Invert"),
  clear: t("Clear"),
  zoomOut: t("Zoom out"),
  fit: t("Show all"),
  zoomIn: t("Zoom in"),
};
