import { expect, test } from "vitest";
import { chordOf, keysOf } from "./chord";

const NONE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test.each([
  [{ key: "b" }, "B"],
  [{ key: "?", shiftKey: true }, "?"],
  [{ key: "+", shiftKey: true }, "+"],
  [{ key: "z", ctrlKey: true }, "Ctrl+Z"],
  [{ key: "Z", metaKey: true, shiftKey: true }, "Ctrl+Shift+Z"],
  [{ key: "ArrowUp", altKey: true }, "Alt+ArrowUp"],
])("%o is %s", (pressed, chord) => {
  expect(chordOf({ ...NONE, ...pressed })).toBe(chord);
});

test.each([
  ["Ctrl+Shift+Z", false, ["Ctrl", "Shift", "Z"]],
  ["Ctrl+Enter", true, ["⌘", "Enter"]],
  ["Alt+ArrowUp", false, ["Alt", "↑"]],
  ["+", false, ["+"]],
  ["Ctrl++", false, ["Ctrl", "+"]],
])("%s is written with %o", (chord, isMac, keys) => {
  expect(keysOf(chord, isMac)).toEqual(keys);
});
