import { expect, test } from "vitest";
import { actionOf, toolOf } from "./keys";

const NONE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };
const press = (key: string, held: Partial<typeof NONE> = {}) => ({ key, ...NONE, ...held });

test("a letter takes up its tool, large or small", () => {
  expect([press("B"), press("l"), press("x")].map(toolOf)).toEqual(["brush", "lasso", null]);
});

test("with Ctrl a letter is no tool", () => {
  expect(toolOf(press("b", { ctrlKey: true }))).toBeNull();
});

test.each([
  ["z", { ctrlKey: true }, "undo"],
  ["z", { metaKey: true }, "undo"],
  ["Z", { ctrlKey: true, shiftKey: true }, "redo"],
  ["y", { ctrlKey: true }, "redo"],
  ["i", {}, "invert"],
  ["+", { shiftKey: true }, "zoomIn"],
  ["=", {}, "zoomIn"],
  ["-", {}, "zoomOut"],
  ["0", {}, "fit"],
  ["z", {}, null],
])("%s with %o is %s", (key, held, action) => {
  expect(actionOf(press(key, held))).toBe(action);
});
