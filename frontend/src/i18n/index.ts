import { chooseLanguage, keepLanguage, keptLanguage, type Language } from "./language";
import { PLURALS } from "./plurals";
import type { WORDS } from "./zh";

/*
 * To say something, write `t("The words in English")`: the words are the key, so the page reads as it speaks,
 * and `zh.ts` holds the same in Chinese. TypeScript asks for what is missing there, and a test for what is no
 * longer said. Values go in by name, `{{name}}`; of one that is called `count`, English has its singular in
 * `plurals.ts`. A page speaks one language as long as it lives, so words may stand in tables of their own.
 *
 * i18next does the same, and more, in 15 kB that every visitor would wait for (docs/decisions/0017).
 */

/** What the page can say. */
export type Phrase = keyof typeof WORDS;

/** The language of this page. */
export const LANGUAGE: Language = chooseLanguage(keptLanguage(), navigator.languages ?? ["en"]);

const spoken: Readonly<Record<string, string>> =
  LANGUAGE === "zh" ? (await import("./zh")).WORDS : PLURALS;
const amounts = new Intl.PluralRules(LANGUAGE);
const places = new Intl.PluralRules(LANGUAGE, { type: "ordinal" });

interface Values {
  readonly [name: string]: string | number | boolean | undefined;
  /** How many there are; with `ordinal`, the place in a row. */
  readonly count?: number;
  readonly ordinal?: boolean;
  /** Tells words apart that only English has in common. */
  readonly context?: string;
}

/** The words in the language of this page. */
export function t(phrase: Phrase, values: Values = {}): string {
  const words = formsOf(phrase, values).map((form) => spoken[form]);
  const chosen = words.find((each) => each !== undefined) ?? phrase;
  return chosen.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(values[name] ?? ""));
}

function formsOf(phrase: Phrase, { count, ordinal, context }: Values): string[] {
  const forms = [
    count !== undefined && ordinal && `${phrase}_ordinal_${places.select(count)}`,
    count !== undefined && !ordinal && `${phrase}_${amounts.select(count)}`,
    context && `${phrase}_${context}`,
    phrase,
  ];
  return forms.filter((form) => typeof form === "string");
}

/** Has the page speak another language from now on. It loads again; what its forms hold stays. */
export function speak(language: Language): void {
  keepLanguage(language);
  window.location.reload();
}
