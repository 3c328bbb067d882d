import { ActionIcon, Tooltip } from "@mantine/core";
import { IconLanguage } from "@tabler/icons-react";
import { LANGUAGE, speak } from "@/i18n";

// In the other language, for whoever does not read this one.
const OTHER = {
  en: { language: "zh", tag: "zh-Hans", label: "使用中文" },
  zh: { language: "en", tag: "en", label: "Use English" },
} as const;

/** Has the page speak the other language. */
export function LanguageButton() {
  const { language, tag, label } = OTHER[LANGUAGE];
  return (
    <Tooltip label={label} lang={tag}>
      <ActionIcon size="lg" aria-label={label} lang={tag} onClick={() => speak(language)}>
        <IconLanguage size={19} stroke={1.6} />
      </ActionIcon>
    </Tooltip>
  );
}
