export type Language = "en" | "zh";

const KEY = "limner.language";

/** The language to speak: the one that was chosen, or else the first of the browser's that the page knows. */
export function chooseLanguage(kept: string | null, wanted: readonly string[]): Language {
  const known = [kept ?? "", ...wanted].map((tag) => tag.toLowerCase().split("-")[0]);
  return known.find((each): each is Language => each === "en" || each === "zh") ?? "en";
}

/** The language that somebody chose here; null where nobody did, or nothing is kept. */
export function keptLanguage(): string | null {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null; // No window, or one that keeps nothing.
  }
}

export function keepLanguage(language: Language): void {
  window.localStorage.setItem(KEY, language);
}
