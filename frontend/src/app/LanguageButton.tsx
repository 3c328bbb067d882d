import { ActionIcon, Tooltip } from "@mantine/core";
import { LANGUAGE, speak } from "@/i18n";

// In the other language, for whoever does not read this one.
const OTHER = {
  en: { language: "zh", tag: "zh-Hans", sign: "中", label: "使用中文" },
  zh: { language: "en", tag: "en", sign: "En", label: "Use English" },
} as const;

/** Has the page speak the other language. */
export function LanguageButton() {
  const { language, tag, sign, label } = OTHER[LANGUAGE];
  return (
    <Tooltip label={label} lang={tag}>
      <ActionIcon size="lg" aria-label={label} lang={tag} onClick={() => speak(language)}>
        <span aria-hidden>{sign}</span>
      </ActionIcon>
    </Tooltip>
  );
}
