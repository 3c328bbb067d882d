import { Stack } from "@mantine/core";
import type { KeyboardEvent, ReactNode } from "react";

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
      onKeyDown={(event) => isSendKey(event) && onSend()}
      onSubmit={(event) => {
        event.preventDefault();
        onSend();
      }}
    >
      <Stack gap="lg">{children}</Stack>
    </form>
  );
}

function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey);
}
