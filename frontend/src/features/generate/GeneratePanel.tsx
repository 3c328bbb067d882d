import { Stack } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { Settings } from "@/api/job";
import { GenerateButton } from "./GenerateButton";
import { PromptField } from "./PromptField";
import { SettingsFields } from "./SettingsFields";
import { useGenerate } from "./use-generate";

interface GeneratePanelProps {
  draft: Settings;
  lastSeed: number | null;
  onChange: (draft: Settings) => void;
  onStarted: () => void;
}

/** Everything a picture is made from, and the button that makes it. */
export function GeneratePanel({ draft, lastSeed, onChange, onStarted }: GeneratePanelProps) {
  const generation = useGenerate(draft, onStarted);
  const change = (part: Partial<Settings>) => onChange({ ...draft, ...part });
  return (
    <form
      aria-label="Generate"
      noValidate
      onKeyDown={(event) => isSendKey(event) && generation.send()}
      onSubmit={(event) => {
        event.preventDefault();
        generation.send();
      }}
    >
      <Stack gap="lg">
        <PromptField
          prompt={draft.prompt}
          examples={generation.model?.example_prompts ?? []}
          error={generation.errorOf("prompt")}
          onChange={(prompt) => change({ prompt })}
        />
        <GenerateButton generation={generation} />
        {generation.model && (
          <SettingsFields
            draft={draft}
            model={generation.model}
            models={generation.models}
            lastSeed={lastSeed}
            errorOf={generation.errorOf}
            onChange={change}
          />
        )}
      </Stack>
    </form>
  );
}

function isSendKey(event: KeyboardEvent): boolean {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey);
}
