import { expect, test } from "vitest";
import { pageActOf } from "./page-keys";

test("the page knows its own keys only", () => {
  expect([pageActOf("?"), pageActOf("G"), pageActOf("Ctrl+G")]).toEqual([
    "help",
    "generate",
    undefined,
  ]);
});
