import { Group, Input, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import type { Size } from "@/canvas/geometry";
import { NumberField } from "@/components/NumberField";
import { t } from "@/i18n";
import { RatioPicker } from "./RatioPicker";
import { ratioOfSize, type SizeLimits, sizeOfRatio } from "./size";

interface SizeFieldProps {
  size: Size;
  /** The model's own size, and the sides that can be had. */
  model: SizeLimits & Size;
  errors: { width: string | undefined; height: string | undefined };
  /** What else there is to choose or to say. */
  children?: ReactNode;
  onChange: (change: Partial<Size>) => void;
}

/** Width and height: by shape, keeping the area, or typed exactly. */
export function SizeField({ size, model, errors, children, onChange }: SizeFieldProps) {
  const isWrong = Boolean(errors.width || errors.height);
  const area_px = isWrong ? model.width * model.height : size.width * size.height;
  return (
    <Stack gap={8}>
      <Input.Label labelElement="div">{t("Size")}</Input.Label>
      <RatioPicker
        ratio={isWrong ? null : ratioOfSize(size)}
        onChange={(ratio) => onChange(sizeOfRatio(ratio, area_px, model))}
      />
      <Group grow gap={8} align="flex-start" wrap="nowrap">
        <SideInput
          label={t("Width")}
          value={size.width}
          model={model}
          error={errors.width}
          onChange={(width) => onChange({ width })}
        />
        <SideInput
          label={t("Height")}
          value={size.height}
          model={model}
          error={errors.height}
          onChange={(height) => onChange({ height })}
        />
      </Group>
      {children}
    </Stack>
  );
}

interface SideInputProps {
  label: string;
  value: number;
  model: SizeLimits;
  error: string | undefined;
  onChange: (side_px: number) => void;
}

function SideInput({ label, model, ...field }: SideInputProps) {
  return (
    <NumberField
      {...field}
      aria-label={label}
      leftSection={label.charAt(0)}
      suffix=" px"
      step={model.size_multiple_px}
      allowDecimal={false}
      allowNegative={false}
    />
  );
}
