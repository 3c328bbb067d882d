import { ACTION_KEYS, LARGER_KEY, SMALLER_KEY, TOOL_KEYS } from "@/canvas/keys";
import { ACTION_NAMES, TOOL_NAMES } from "@/canvas/names";
import { MOVE_KEYS } from "@/features/queue/keys";
import { SEND_KEY } from "@/form/keys";
import { t } from "@/i18n";
import { PAGE_KEYS } from "./page-keys";

/** What some keys do. */
export interface Shortcut {
  chords: readonly string[];
  words: string;
}

/** The shortcuts of one place of the page. */
export interface Place {
  name: string;
  shortcuts: readonly Shortcut[];
}

const of = (words: string, ...chords: readonly string[]): Shortcut => ({ chords, words });
const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"] as const;

/** Every shortcut that there is. */
export const PLACES: readonly Place[] = [
  {
    name: t("Everywhere"),
    shortcuts: [
      of(t("Show these keys"), PAGE_KEYS.help),
      of(t("Send the form"), SEND_KEY),
      of(t("Write the prompt"), PAGE_KEYS.prompt),
      of(t("Search the history"), PAGE_KEYS.search),
      of(t("Change to Generate"), PAGE_KEYS.generate),
      of(t("Change to Edit"), PAGE_KEYS.edit),
    ],
  },
  {
    name: t("On the canvas"),
    shortcuts: [
      of(TOOL_NAMES.brush, TOOL_KEYS.brush),
      of(TOOL_NAMES.eraser, TOOL_KEYS.eraser),
      of(TOOL_NAMES.box, TOOL_KEYS.box),
      of(TOOL_NAMES.lasso, TOOL_KEYS.lasso),
      of(t("Smaller brush"), SMALLER_KEY),
      of(t("Larger brush"), LARGER_KEY),
      of(ACTION_NAMES.undo, ...ACTION_KEYS.undo),
      of(ACTION_NAMES.redo, ...ACTION_KEYS.redo),
      of(ACTION_NAMES.invert, ...ACTION_KEYS.invert),
      of(ACTION_NAMES.zoomIn, ...ACTION_KEYS.zoomIn),
      of(ACTION_NAMES.zoomOut, ...ACTION_KEYS.zoomOut),
      of(ACTION_NAMES.fit, ...ACTION_KEYS.fit),
      of(t("Push the picture about, with the mouse"), "Space"),
      of(t("Move the tool, or the box that has the focus"), ...ARROWS),
      of(t("Put the tool down, and lift it"), "Enter"),
      of(t("Take away while drawing"), "Alt"),
      of(t("Move by single pixels; resize a box"), "Shift"),
      of(t("Remove the box that has the focus"), "Delete"),
      of(t("Give up what is being drawn, or leave the layer"), "Escape"),
    ],
  },
  {
    name: t("In the queue"),
    shortcuts: [
      of(t("Move up"), MOVE_KEYS.up),
      of(t("Move down"), MOVE_KEYS.down),
      of(t("Do it next"), MOVE_KEYS.first),
      of(t("Do it last"), MOVE_KEYS.last),
      of(t("Pick up a card at its grip, and drop it"), "Space"),
    ],
  },
  {
    name: t("In the history"),
    shortcuts: [
      of(t("Go from picture to picture"), ...ARROWS),
      of(t("Go to the first, to the last"), "Home", "End"),
      of(t("Show the picture"), "Enter"),
    ],
  },
];

/** Those places and shortcuts in which the words or a key are found; all for no words. */
export function findShortcuts(places: readonly Place[], wanted: string): Place[] {
  const words = wanted.trim().toLowerCase();
  const isFound = (name: string, { words: does, chords }: Shortcut) =>
    [name, does, ...chords].some((text) => text.toLowerCase().includes(words));
  return places
    .map(({ name, shortcuts }) => ({
      name,
      shortcuts: shortcuts.filter((each) => isFound(name, each)),
    }))
    .filter(({ shortcuts }) => shortcuts.length > 0);
}
