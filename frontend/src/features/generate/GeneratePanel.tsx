import type { ReactNode } from "react";
import type { Settings } from "@/api/job";
import { numbersOf } from "@/form/draft";
import { PromptField } from "@/form/PromptField";
import { RunButton } from "@/form/RunButton";
import { RunForm } from "@/form/RunForm";
import { SettingsFields } from "@/form/SettingsFields";
import { SizeField } from "@/form/SizeField";
import { t } from "@/i18n";
import { LargerField } from "./LargerField";
import { useGenerate } from "./use-generate";

interface GeneratePanelProps {
  draft: Settings;
  lastSeed: number | null;
  /** The choice among the ways to a new picture. */
  picker?: ReactNode;
  onDraft: (draft: Settings) => void;
  onStarted: () => void;
}

/** Everything a picture is made from, and the button that makes it. */
export function GeneratePanel(props: GeneratePanelProps) {
  const { draft, lastSeed, picker, onDraft, onStarted } = props;
  const { model, models, reach, run } = useGenerate(draft, onStarted);
  const change = (part: Partial<Settings>) => onDraft({ ...draft, ...part });
  const numbers = model && numbersOf(draft, model);
  const errors = { width: run.errorOf("width"), height: run.errorOf("height") };
  return (
    <RunForm label={t("Generate")} onSend={run.send}>
      {picker}
      <PromptField
        placeholder={t("What should the picture show?")}
        prompt={draft.prompt}
        examples={model?.example_prompts ?? []}
        error={run.errorOf("prompt")}
        onChange={(prompt) => change({ prompt })}
      />
      <RunButton label={t("Generate")} run={run} />
      {model && reach && numbers && (
        <>
          <SizeField
            size={numbers}
            model={{ ...model, ...reach.limits }}
            errors={errors}
            onChange={(side) => change({ width: numbers.width, height: numbers.height, ...side })}
          >
            <LargerField
              size={numbers}
              isWrong={Boolean(errors.width || errors.height)}
              model={model}
              reach={reach}
              onChange={change}
            />
          </SizeField>
          <SettingsFields
            draft={draft}
            model={model}
            models={models}
            lastSeed={lastSeed}
            errorOf={run.errorOf}
            onChange={change}
          />
        </>
      )}
    </RunForm>
  );
}
