import { Group, Input, Text } from "@mantine/core";
import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { Chips } from "@/components/Chips";
import { capitalised } from "@/components/words";
import { numbersOf } from "./draft";
import { QUALITIES, type Quality, qualityOf, settingsAt } from "./quality";

interface QualityFieldProps {
  draft: Settings;
  model: Model;
  onChange: (part: Partial<Settings>) => void;
}

/** With how much care to paint: a name for steps and guidance, which are said beside it. */
export function QualityField({ draft, model, onChange }: QualityFieldProps) {
  const { steps, guidance_scale } = numbersOf(draft, model);
  const quality = qualityOf(draft, model);
  return (
    <Input.Wrapper label="Quality" labelElement="div">
      <Group justify="space-between" gap={8} mt={4}>
        <Chips
          legend="Quality"
          choices={QUALITIES.map((value) => ({ value, label: capitalised(value) }))}
          value={quality ?? ("" as Quality)}
          onChange={(quality) => onChange(settingsAt(quality, model))}
        />
        <Text size="xs" c="dimmed">
          {steps} steps, guidance {guidance_scale}
        </Text>
      </Group>
    </Input.Wrapper>
  );
}
