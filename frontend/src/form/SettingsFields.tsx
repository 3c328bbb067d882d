import { Group, NativeSelect, Text, Textarea } from "@mantine/core";
import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { NumberField } from "@/components/NumberField";
import { SliderField } from "@/components/SliderField";
import { numbersOf } from "./draft";
import type { FieldName } from "./obstacles";
import { SeedField } from "./SeedField";
import classes from "./SettingsFields.module.css";

interface SettingsFieldsProps {
  draft: Settings;
  model: Model;
  models: readonly Model[];
  lastSeed: number | null;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<Settings>) => void;
}

/** The settings that every kind of run has, but for the prompt and the size. */
export function SettingsFields(props: SettingsFieldsProps) {
  const { draft, model, models, lastSeed, errorOf, onChange } = props;
  const { steps, guidance_scale } = numbersOf(draft, model);
  return (
    <>
      <Group gap={8} align="flex-start" wrap="nowrap">
        <SeedField
          seed={draft.seed}
          lastSeed={lastSeed}
          error={errorOf("seed")}
          onChange={(seed) => onChange({ seed })}
        />
        <NumberField
          label="Images"
          className={classes.count}
          value={draft.count}
          min={1}
          max={16}
          clampBehavior="blur"
          error={errorOf("count")}
          onChange={(count) => onChange({ count })}
        />
      </Group>
      <SliderField
        label="Steps"
        hint="more steps take longer and paint more carefully"
        min={2}
        max={Math.max(50, steps)}
        step={1}
        value={steps}
        error={errorOf("steps")}
        onChange={(steps) => onChange({ steps })}
      />
      <SliderField
        label="Guidance"
        hint="how closely to follow the prompt; 1 switches guidance off"
        min={1}
        max={Math.max(10, guidance_scale)}
        step={0.5}
        value={guidance_scale}
        error={errorOf("guidance_scale")}
        onChange={(guidance_scale) => onChange({ guidance_scale })}
      />
      <Textarea
        label="Avoid"
        placeholder="Nothing in particular"
        rows={1}
        classNames={{ input: classes.avoid }}
        value={draft.negative_prompt}
        error={errorOf("negative_prompt")}
        onChange={(event) => onChange({ negative_prompt: event.currentTarget.value })}
      />
      {models.length > 1 ? (
        <NativeSelect
          label="Model"
          data={models.map(({ name, title }) => ({ value: name, label: title }))}
          value={model.name}
          onChange={(event) => onChange({ model: event.currentTarget.value })}
        />
      ) : (
        <Text size="xs" c="dimmed">
          Model: {model.title}, {model.license}
        </Text>
      )}
    </>
  );
}
