import { Group, NativeSelect, Text } from "@mantine/core";
import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { Chips } from "@/components/Chips";
import { NumberField } from "@/components/NumberField";
import { t } from "@/i18n";
import { DetailFields } from "./DetailFields";
import type { FieldName } from "./obstacles";
import { QualityField } from "./QualityField";
import { SeedField } from "./SeedField";
import classes from "./SettingsFields.module.css";
import { useScope } from "./use-scope";

interface SettingsFieldsProps {
  draft: Settings;
  model: Model;
  models: readonly Model[];
  lastSeed: number | null;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<Settings>) => void;
}

const DETAILS = ["steps", "guidance_scale", "negative_prompt"] as const satisfies FieldName[];

/** The settings that every kind of run has, but for the prompt and the size. */
export function SettingsFields(props: SettingsFieldsProps) {
  const { draft, model, models, lastSeed, errorOf, onChange } = props;
  const { scope, setScope } = useScope();
  // What is wrong is never out of sight.
  const isOpen = scope === "all" || DETAILS.some((field) => errorOf(field) !== undefined);
  return (
    <>
      <QualityField draft={draft} model={model} onChange={onChange} />
      <Group gap={8} align="flex-start" wrap="nowrap">
        <SeedField
          seed={draft.seed}
          lastSeed={lastSeed}
          error={errorOf("seed")}
          onChange={(seed) => onChange({ seed })}
        />
        <NumberField
          label={t("Images")}
          className={classes.count}
          value={draft.count}
          min={1}
          max={16}
          clampBehavior="blur"
          error={errorOf("count")}
          onChange={(count) => onChange({ count })}
        />
      </Group>
      {models.length > 1 ? (
        <NativeSelect
          label={t("Model")}
          data={models.map(({ name, title }) => ({ value: name, label: title }))}
          value={model.name}
          error={errorOf("model")}
          onChange={(event) => onChange({ model: event.currentTarget.value })}
        />
      ) : (
        <Text size="xs" c="dimmed">
          {t("Model: {{title}}, {{license}}", { title: model.title, license: model.license })}
        </Text>
      )}
      <Chips
        legend={t("How much to set")}
        choices={[
          { value: "simple", label: t("Simple") },
          { value: "all", label: t("All settings") },
        ]}
        value={scope}
        onChange={setScope}
      />
      {isOpen && <DetailFields draft={draft} model={model} errorOf={errorOf} onChange={onChange} />}
    </>
  );
}
