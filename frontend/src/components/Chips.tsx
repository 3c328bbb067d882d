import { useId } from "react";
import classes from "./Chips.module.css";

interface Choice<Value extends string> {
  value: Value;
  label: string;
  isOff?: boolean;
}

interface ChipsProps<Value extends string> {
  legend: string;
  choices: readonly Choice<Value>[];
  value: Value;
  /** Id of what says more about the choices. */
  describedBy?: string;
  onChange: (value: Value) => void;
}

/** A few choices in a row; native radio buttons give it its keys. */
export function Chips<Value extends string>(props: ChipsProps<Value>) {
  const { legend, choices, value, describedBy, onChange } = props;
  const name = useId();
  return (
    <fieldset className={classes.row} aria-describedby={describedBy}>
      <legend className={classes.legend}>{legend}</legend>
      {choices.map((choice) => (
        <label key={choice.value} className={classes.chip}>
          <input
            type="radio"
            name={name}
            className={classes.radio}
            checked={choice.value === value}
            disabled={choice.isOff}
            onChange={() => onChange(choice.value)}
          />
          {choice.label}
        </label>
      ))}
    </fieldset>
  );
}
