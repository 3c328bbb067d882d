import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState } from "react";

type NumberFieldProps = Omit<NumberInputProps, "value" | "onChange" | "onBlur"> & {
  value: number;
  onChange: (value: number) => void;
};

/** A number that is never missing: an emptied field shows its number again when it is left. */
export function NumberField({ value, onChange, ...props }: NumberFieldProps) {
  const [isEmptied, setEmptied] = useState(false);
  return (
    <NumberInput
      {...props}
      value={isEmptied ? "" : value}
      onChange={(typed) => {
        setEmptied(typed === "");
        if (typeof typed === "number") onChange(typed);
      }}
      onBlur={() => setEmptied(false)}
    />
  );
}
