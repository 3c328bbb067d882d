import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseSources, translated, untranslated } from "@/testing/sources";
import { PLURALS } from "./plurals";
import { WORDS } from "./zh";

const SOURCES = parseSources(fileURLToPath(new URL("..", import.meta.url)));
const SAID = SOURCES.flatMap(translated);
const PHRASES = new Set(SAID.map(({ words }) => words));
const stemOf = (key: string) => key.replace(/(_ordinal)?_(one|two|few|map)$/, "");
const valuesOf = (words: string) => (words.match(/\{\{\w+\}\}/g) ?? []).toSorted();

test("the page says much, and all of it is known before it runs", () => {
  expect(SAID.length).toBeGreaterThan(400);
  expect(SAID.filter(({ words }) => words === null)).toEqual([]);
});

test("nothing is said past the translator", () => {
  expect(SOURCES.flatMap(untranslated)).toEqual([]);
});

test("nothing is translated that is no longer said", () => {
  const unsaid = [...Object.keys(WORDS), ...Object.keys(PLURALS)].filter(
    (key) => !PHRASES.has(stemOf(key)),
  );
  expect(unsaid).toEqual([]);
});

test("every translation has words, and the values of the original", () => {
  const wrong = Object.entries(WORDS).filter(
    ([key, words]) =>
      words.trim() === "" || valuesOf(words).join() !== valuesOf(stemOf(key)).join(),
  );
  expect(wrong).toEqual([]);
});
