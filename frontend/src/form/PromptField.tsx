import { Group, Stack, Textarea, UnstyledButton } from "@mantine/core";
import { t } from "@/i18n";
import classes from "./PromptField.module.css";

interface PromptFieldProps {
  placeholder: string;
  prompt: string;
  examples?: readonly string[];
  error: string | undefined;
  onChange: (prompt: string) => void;
}

/** What to paint or to change, with examples to start from while there is nothing. */
export function PromptField({ prompt, examples = [], onChange, ...field }: PromptFieldProps) {
  return (
    <Stack gap={8}>
      <Textarea
        data-key="prompt"
        label={t("Prompt")}
        {...field}
        rows={3}
        classNames={{ input: classes.input }}
        size="md"
        value={prompt}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {prompt === "" && examples.length > 0 && (
        <Group gap={6} role="group" aria-label={t("Examples")}>
          {examples.map((example) => (
            <UnstyledButton
              key={example}
              className={classes.example}
              title={example}
              onClick={() => onChange(example)}
            >
              {example}
            </UnstyledButton>
          ))}
        </Group>
      )}
    </Stack>
  );
}
