import { Group, Stack, Textarea, UnstyledButton } from "@mantine/core";
import classes from "./PromptField.module.css";

interface PromptFieldProps {
  prompt: string;
  examples: readonly string[];
  error: string | undefined;
  onChange: (prompt: string) => void;
}

/** What to paint, with examples to start from while there is nothing. */
export function PromptField({ prompt, examples, error, onChange }: PromptFieldProps) {
  return (
    <Stack gap={8}>
      <Textarea
        label="Prompt"
        placeholder="What should the picture show?"
        rows={4}
        classNames={{ input: classes.input }}
        size="md"
        value={prompt}
        error={error}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {prompt === "" && examples.length > 0 && (
        <Group gap={6} role="group" aria-label="Examples">
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
