import { Button, Kbd, List, Stack, Text } from "@mantine/core";
import { useOs } from "@mantine/hooks";
import { useId } from "react";
import { t } from "@/i18n";
import { PlanLine } from "./PlanLine";
import classes from "./RunButton.module.css";
import type { Run } from "./use-run";

/** Starts a run, or says everything that keeps it from starting. */
export function RunButton({ label, run }: { label: string; run: Run }) {
  const { reasons, refusal, notice, isSending } = run;
  const id = useId();
  const os = useOs();
  const isBlocked = reasons.length > 0;
  return (
    <Stack gap={8} className={classes.dock}>
      <Button
        type="submit"
        size="md"
        fullWidth
        loading={isSending}
        // Not `disabled`: the button stays in the tab order, so that its reasons can be heard.
        data-disabled={isBlocked || undefined}
        aria-disabled={isBlocked}
        aria-describedby={id}
        rightSection={
          <Kbd size="xs" className={classes.keys}>
            {os === "macos" ? "⌘ ↵" : "Ctrl ↵"}
          </Kbd>
        }
      >
        {label}
      </Button>
      <div id={id} aria-live="polite">
        {!isBlocked && !notice && <PlanLine order={run.order} />}
        {isBlocked && (
          <List size="sm" className={classes.reasons} spacing={2}>
            {[...new Set(reasons.map(({ message }) => message))].map((message) => (
              <List.Item key={message}>{message}</List.Item>
            ))}
          </List>
        )}
        {refusal && (
          <Text size="sm" c="var(--alarm)">
            {refusal.message}
          </Text>
        )}
        {notice && (
          <Text size="sm" c="var(--waiting)">
            {t("New jobs wait: {{reason}}.", { reason: notice })}
          </Text>
        )}
      </div>
    </Stack>
  );
}
