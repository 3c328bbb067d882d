import { expect, test } from "vitest";
import { chooseLanguage } from "./language";

test.each([
  { kept: null, wanted: ["de-DE", "zh-TW", "en"], language: "zh" },
  { kept: null, wanted: ["en-US", "zh-CN"], language: "en" },
  { kept: "zh", wanted: ["en-US"], language: "zh" },
  { kept: "en", wanted: ["zh-CN"], language: "en" },
  { kept: "tlh", wanted: ["zh-CN"], language: "zh" },
  { kept: null, wanted: [], language: "en" },
])("of $kept and $wanted it is $language", ({ kept, wanted, language }) => {
  expect(chooseLanguage(kept, wanted)).toBe(language);
});
