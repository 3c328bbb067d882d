import { useId } from "react";
import { t } from "@/i18n";
import classes from "./RatioPicker.module.css";
import { RATIOS, type Ratio, ratioValue } from "./size";

const GLYPH_AREA_PX = 190;

interface RatioPickerProps {
  ratio: Ratio | null;
  onChange: (ratio: Ratio) => void;
}

/** The shape of the picture, from tall to wide; native radio buttons give it its keys. */
export function RatioPicker({ ratio, onChange }: RatioPickerProps) {
  const name = useId();
  return (
    <fieldset className={classes.row}>
      <legend className={classes.legend}>{t("Shape")}</legend>
      {RATIOS.map((choice) => (
        <label key={choice} className={classes.choice}>
          <input
            type="radio"
            name={name}
            className={classes.radio}
            checked={choice === ratio}
            onChange={() => onChange(choice)}
          />
          <span className={classes.glyph} style={glyphSize(choice)} aria-hidden="true" />
          <span className={classes.name}>{choice}</span>
        </label>
      ))}
    </fieldset>
  );
}

function glyphSize(ratio: Ratio) {
  const width = Math.sqrt(GLYPH_AREA_PX * ratioValue(ratio));
  return { width, height: width / ratioValue(ratio) };
}
