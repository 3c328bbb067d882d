import { createInstance } from "i18next";
import { chooseLanguage, keepLanguage, keptLanguage, type Language } from "./language";
import { PLURALS } from "./plurals";
import type { WORDS } from "./zh";

/*
 * To say something, write `t("The words in English")`: the words are the key, so the page reads as it speaks,
 * and `src/i18n/zh.ts` holds the same in Chinese. TypeScript asks for what is missing there, and a test for what
 * is no longer said. Values go in by name, `{{name}}`; of one that is called `count`, English has its singular in
 * `plurals.ts`. A page speaks one language as long as it lives, so words may stand in tables of their own.
 */

/** What the page can say. */
export type Phrase = keyof typeof WORDS;

/** The language of this page. */
export const LANGUAGE: Language = chooseLanguage(keptLanguage(), navigator.languages ?? ["en"]);

const spoken = createInstance();
await spoken.init({
  lng: LANGUAGE,
  resources: {
    [LANGUAGE]: { translation: LANGUAGE === "zh" ? (await import("./zh")).WORDS : PLURALS },
  },
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false }, // React does
});

/** What is to be said of it beside the words: values by name, and how many there are. */
type Values = Readonly<Record<string, string | number | boolean>>;

/** The words in the language of this page. */
export function t(phrase: Phrase, values: Values = {}): string {
  return spoken.t(phrase, values);
}

/** Has the page speak another language from now on. It loads again; what its forms hold stays. */
export function speak(language: Language): void {
  keepLanguage(language);
  window.location.reload();
}
