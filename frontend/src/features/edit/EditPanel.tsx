import type { Settings } from "@/api/job";
import { PromptField } from "@/form/PromptField";
import { RunButton } from "@/form/RunButton";
import { RunForm } from "@/form/RunForm";
import { SettingsFields } from "@/form/SettingsFields";
import { SizeField } from "@/form/SizeField";
import { PictureField } from "./PictureField";
import { type EditTask, takesSeveral } from "./task";
import { useEdit } from "./use-edit";
import { WayFields } from "./WayFields";
import { WayPicker } from "./WayPicker";
import { fitted, WORDS } from "./ways";

interface EditPanelProps {
  draft: Settings;
  task: EditTask;
  lastSeed: number | null;
  onDraft: (draft: Settings) => void;
  onTask: (change: (task: EditTask) => EditTask) => void;
  onStarted: () => void;
}

/** What to change in which picture, and the button that does it. */
export function EditPanel({ draft, task, lastSeed, onDraft, onTask, onStarted }: EditPanelProps) {
  const editing = useEdit(draft, task, onStarted);
  const { isKnown, whyOff, model, models, size, run } = editing;
  const words = WORDS[task.way];
  const change = (part: Partial<Settings>) => onDraft({ ...draft, ...part });
  const changeTask = (part: Partial<EditTask>) => onTask((task) => ({ ...task, ...part }));
  const isSized = takesSeveral(task.way) && (task.way === "control" || task.pictures.length > 0);
  return (
    <RunForm label="Edit" onSend={run.send}>
      {isKnown && (
        <WayPicker way={task.way} whyOff={whyOff} onChange={(way) => changeTask({ way })} />
      )}
      <PictureField
        task={task}
        error={run.errorOf("images") ?? run.errorOf("image")}
        onChange={onTask}
      />
      <PromptField
        placeholder={words.placeholder}
        prompt={draft.prompt}
        error={run.errorOf("prompt")}
        onChange={(prompt) => change({ prompt })}
      />
      <WayFields task={task} editing={editing} onChange={changeTask} />
      <RunButton label={words.verb} run={run} />
      {model && size && isSized && (
        <SizeField
          size={size}
          model={model}
          errors={{ width: run.errorOf("width"), height: run.errorOf("height") }}
          onChange={(side) => changeTask({ size: { ...size, ...side } })}
        />
      )}
      {model && (
        <SettingsFields
          draft={draft}
          model={fitted(task.way, model)}
          models={models}
          lastSeed={lastSeed}
          errorOf={run.errorOf}
          onChange={change}
        />
      )}
    </RunForm>
  );
}
