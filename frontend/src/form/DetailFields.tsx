import { Textarea } from "@mantine/core";
import type { Model } from "@/api/gen";
import type { Settings } from "@/api/job";
import { SliderField } from "@/components/SliderField";
import { t } from "@/i18n";
import { numbersOf } from "./draft";
import type { FieldName } from "./obstacles";
import classes from "./SettingsFields.module.css";

interface DetailFieldsProps {
  draft: Settings;
  model: Model;
  errorOf: (field: FieldName) => string | undefined;
  onChange: (part: Partial<Settings>) => void;
}

/** What most pictures do without being told. */
export function DetailFields({ draft, model, errorOf, onChange }: DetailFieldsProps) {
  const { steps, guidance_scale } = numbersOf(draft, model);
  return (
    <>
      <SliderField
        label={t("Steps")}
        hint={t("more steps take longer and paint more carefully")}
        min={2}
        max={Math.max(50, steps)}
        step={1}
        value={steps}
        error={errorOf("steps")}
        onChange={(steps) => onChange({ steps })}
      />
      <SliderField
        label={t("Guidance")}
        hint={t("how closely to follow the prompt; 1 switches guidance off")}
        min={1}
        max={Math.max(10, guidance_scale)}
        step={0.5}
        value={guidance_scale}
        error={errorOf("guidance_scale")}
        onChange={(guidance_scale) => onChange({ guidance_scale })}
      />
      <Textarea
        label={t("Avoid")}
        placeholder={t("Nothing in particular")}
        rows={1}
        classNames={{ input: classes.avoid }}
        value={draft.negative_prompt}
        error={errorOf("negative_prompt")}
        onChange={(event) => onChange({ negative_prompt: event.currentTarget.value })}
      />
    </>
  );
}
