import { Group, Input, Text } from "@mantine/core";
import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { Chips } from "@/components/Chips";
import { t } from "@/i18n";
import { numbersOf } from "./draft";
import { costOf, presetAt, type Quality, qualityOf, settingsAt } from "./quality";

const QUALITIES: readonly Quality[] = ["draft", "normal", "best"];
const WORDS: Record<Quality, string> = { draft: t("Draft"), normal: t("Normal"), best: t("Best") };

interface QualityFieldProps {
  draft: Settings;
  model: Model;
  onChange: (part: Partial<Settings>) => void;
}

/** With how much care to paint: a name for steps and guidance, which are said beside it, as is what it costs. */
export function QualityField({ draft, model, onChange }: QualityFieldProps) {
  const { steps, guidance_scale } = numbersOf(draft, model);
  const quality = qualityOf(draft, model);
  const preset = quality && presetAt(quality, model);
  const cost = preset && costOf(preset);
  return (
    <Input.Wrapper label={t("Quality")} labelElement="div">
      <Group justify="space-between" gap={8} mt={4}>
        <Chips
          legend={t("Quality")}
          choices={QUALITIES.map((value) => ({ value, label: WORDS[value] }))}
          value={quality ?? ("" as Quality)}
          onChange={(quality) => onChange(settingsAt(quality))}
        />
        <Text size="xs" c="dimmed">
          {t("{{steps}} steps, guidance {{guidance}}", { steps, guidance: guidance_scale })}
          {cost && t(", ") + cost}
        </Text>
      </Group>
    </Input.Wrapper>
  );
}
