import { Slider } from "@mantine/core";
import { NumberField } from "@/components/NumberField";
import { t } from "@/i18n";
import classes from "./BrushSize.module.css";

interface BrushSizeProps {
  diameter_px: number;
  most_px: number;
  onChange: (diameter_px: number) => void;
}

/** How large the brush is, in pixels of the picture. */
export function BrushSize({ diameter_px, most_px, onChange }: BrushSizeProps) {
  const change = (typed_px: number) => onChange(Math.max(1, typed_px));
  return (
    <div className={classes.size}>
      <Slider
        className={classes.slider}
        size="sm"
        thumbSize={14}
        thumbLabel={t("Brush size by dragging")}
        label={null}
        min={1}
        max={Math.max(2, most_px)}
        value={Math.min(most_px, diameter_px)}
        onChange={change}
      />
      <NumberField
        aria-label={t("Brush size")}
        size="xs"
        className={classes.number}
        suffix=" px"
        hideControls
        allowDecimal={false}
        allowNegative={false}
        value={diameter_px}
        onChange={change}
      />
    </div>
  );
}
