import { Group, Input } from "@mantine/core";
import { NumberField } from "@/components/NumberField";
import { t } from "@/i18n";
import type { ControlTask } from "./controls";

interface ControlSpanProps {
  control: ControlTask;
  name: string;
  error: string | undefined;
  onChange: (part: Partial<ControlTask>) => void;
}

/** From which part of the run to which a control acts. */
export function ControlSpan({ control, name, error, onChange }: ControlSpanProps) {
  return (
    <Input.Wrapper label={t("Acts in this part of the run")} labelElement="div" error={error}>
      <Group grow gap={8} wrap="nowrap">
        <PercentField
          label={t("from")}
          name={name}
          share={control.start}
          onChange={(start) => onChange({ start })}
        />
        <PercentField
          label={t("until")}
          name={name}
          share={control.end}
          onChange={(end) => onChange({ end })}
        />
      </Group>
    </Input.Wrapper>
  );
}

interface PercentFieldProps {
  label: string;
  name: string;
  share: number;
  onChange: (share: number) => void;
}

function PercentField({ label, name, share, onChange }: PercentFieldProps) {
  return (
    <NumberField
      aria-label={t("{{name}} acts {{label}}", { name, label })}
      leftSection={label}
      leftSectionWidth={48}
      suffix=" %"
      min={0}
      max={100}
      step={5}
      allowDecimal={false}
      allowNegative={false}
      value={Math.round(share * 100)}
      onChange={(percent) => onChange(percent / 100)}
    />
  );
}
