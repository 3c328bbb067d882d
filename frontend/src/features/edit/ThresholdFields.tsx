import { SliderField } from "@/components/SliderField";
import { t } from "@/i18n";
import { CANNY, type ControlTask, madeKind } from "./controls";

interface ThresholdFieldsProps {
  control: ControlTask;
  onChange: (part: Partial<ControlTask>) => void;
}

const BRIGHTEST = 255;

/** Which edges of a photograph are drawn. */
export function ThresholdFields({ control, onChange }: ThresholdFieldsProps) {
  const { kind, source, thresholds } = control;
  if (madeKind(kind) !== CANNY || source !== "photo") return null;
  return (
    <>
      <SliderField
        label={t("Drop edges below")}
        hint={t("the lower, the fainter the lines that are drawn beside strong ones")}
        min={0}
        max={BRIGHTEST}
        step={5}
        value={thresholds.low}
        error={undefined}
        onChange={(low) => onChange({ thresholds: raised(low, thresholds.high) })}
      />
      <SliderField
        label={t("Keep edges above")}
        hint={t("the lower, the more lines are drawn")}
        min={0}
        max={BRIGHTEST}
        step={5}
        value={thresholds.high}
        error={undefined}
        onChange={(high) => onChange({ thresholds: lowered(thresholds.low, high) })}
      />
    </>
  );
}

// The two keep their order, whichever is moved.
const raised = (low: number, high: number) => ({ low, high: Math.max(low, high) });
const lowered = (low: number, high: number) => ({ low: Math.min(low, high), high });
