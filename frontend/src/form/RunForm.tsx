import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { chordOf } from "@/components/chord";
import { SEND_KEY } from "./keys";

interface RunFormProps {
  label: string;
  onSend: () => void;
  children: ReactNode;
}

/** A form that its button sends, and Ctrl+Enter from any field. */
export function RunForm({ label, onSend, children }: RunFormProps) {
  return (
    <form
      aria-label={label}
      noValidate
      onKeyDown={(event) => chordOf(event) === SEND_KEY && onSend()}
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <Stack gap="lg">{children}</Stack>
    </form>
  );
}
