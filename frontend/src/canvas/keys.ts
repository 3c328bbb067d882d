import { chordOf, type Pressed } from "@/components/chord";
import type { Tool } from "./pen";

/** What else can be done on the canvas. */
export type Action = "undo" | "redo" | "invert" | "clear" | "zoomIn" | "zoomOut" | "fit";

/** The keys of the tools, while the canvas or a part of it has the focus. */
export const TOOL_KEYS: Readonly<Record<Tool, string>> = {
  brush: "B",
  eraser: "E",
  box: "R",
  lasso: "L",
};

/** The keys of the actions; the first of each is the one that is told. */
export const ACTION_KEYS: Readonly<Record<Action, readonly string[]>> = {
  undo: ["Ctrl+Z"],
  redo: ["Ctrl+Shift+Z", "Ctrl+Y"],
  invert: ["I"],
  clear: [],
  zoomOut: ["-"],
  fit: ["0"],
  zoomIn: ["+", "="],
};

export const SMALLER_KEY = "[";
export const LARGER_KEY = "]";

const TOOLS = new Map(entriesOf(TOOL_KEYS).map(([tool, key]) => [key, tool]));
const ACTIONS = new Map(
  entriesOf(ACTION_KEYS).flatMap(([action, keys]) => keys.map((key) => [key, action] as const)),
);

/** The tool that is taken up by these keys; null for any others. */
export function toolOf(pressed: Pressed): Tool | null {
  return TOOLS.get(chordOf(pressed)) ?? null;
}

/** What is done by these keys; null for any others. */
export function actionOf(pressed: Pressed): Action | null {
  return ACTIONS.get(chordOf(pressed)) ?? null;
}

function entriesOf<Key extends string, Value>(table: Readonly<Record<Key, Value>>) {
  return Object.entries(table) as [Key, Value][];
}
