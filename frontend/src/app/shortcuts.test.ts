import { expect, test } from "vitest";
import { findShortcuts, PLACES } from "./shortcuts";

const namesOf = (wanted: string) =>
  findShortcuts(PLACES, wanted).flatMap(({ shortcuts }) => shortcuts.map(({ words }) => words));

test("no two shortcuts of one place share a key", () => {
  for (const { name, shortcuts } of PLACES) {
    const chords = shortcuts.flatMap(({ chords }) => chords);
    expect([name, chords.length]).toEqual([name, new Set(chords).size]);
  }
});

test("a shortcut is found by what it does, by its key and by its place", () => {
  expect(namesOf("lasso")).toEqual(["Lasso"]);
  expect(namesOf("ctrl+enter")).toEqual(["Send the form"]);
  expect(namesOf("queue")).toContain("Do it next");
});

test("without words all are found, and nothing for what is not there", () => {
  expect(findShortcuts(PLACES, "  ")).toEqual(PLACES);
  expect(findShortcuts(PLACES, "teleport")).toEqual([]);
});
