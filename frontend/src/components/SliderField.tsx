import { Group, Input, Slider } from "@mantine/core";
import { useId } from "react";
import { t } from "@/i18n";
import { NumberField } from "./NumberField";
import classes from "./SliderField.module.css";

interface SliderFieldProps {
  label: string;
  hint: string;
  min: number;
  max: number;
  step: number;
  value: number;
  error: string | undefined;
  onChange: (value: number) => void;
}

/** A number to drag or to type. */
export function SliderField({ label, hint, error, value, onChange, ...range }: SliderFieldProps) {
  const id = useId();
  return (
    <Input.Wrapper error={error} errorProps={{ id: `${id}-error` }}>
      <Group justify="space-between" wrap="nowrap">
        <Input.Label htmlFor={id}>{label}</Input.Label>
        <NumberField
          id={id}
          aria-describedby={error ? `${id}-error` : undefined}
          error={Boolean(error)}
          className={classes.number}
          size="xs"
          value={value}
          step={range.step}
          hideControls
          onChange={onChange}
        />
      </Group>
      <Slider
        {...range}
        value={Math.min(range.max, Math.max(range.min, value))}
        onChange={onChange}
        label={null}
        size="sm"
        thumbSize={16}
        thumbLabel={t("{{label}} by dragging", { label })}
        title={hint}
        className={classes.slider}
      />
    </Input.Wrapper>
  );
}
