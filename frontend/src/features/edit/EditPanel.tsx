import type { ReactNode } from "react";
import type { Settings } from "@/api/job";
import { PromptField } from "@/form/PromptField";
import { RunButton } from "@/form/RunButton";
import { RunForm } from "@/form/RunForm";
import { SettingsFields } from "@/form/SettingsFields";
import { SizeField } from "@/form/SizeField";
import { WayPicker } from "@/form/WayPicker";
import { t } from "@/i18n";
import { CanvasField } from "./CanvasField";
import { PictureField } from "./PictureField";
import { EDIT_WAYS, type EditTask, isGuided, isSized, usesCanvas } from "./task";
import { useEdit } from "./use-edit";
import { useSketch } from "./use-sketch";
import { WayFields } from "./WayFields";
import { fitted, WORDS } from "./ways";

interface EditPanelProps {
  draft: Settings;
  task: EditTask;
  lastSeed: number | null;
  /** Where the canvas lies on the page; among the fields if nowhere else. */
  room?: HTMLElement | null;
  /** In place of the choice among the ways to edit. */
  picker?: ReactNode;
  onDraft: (draft: Settings) => void;
  onTask: (change: (task: EditTask) => EditTask) => void;
  onStarted: () => void;
}

/** What to change in which picture, or what a new one keeps to, and the button that does it. */
export function EditPanel(props: EditPanelProps) {
  const { draft, task, lastSeed, room = null, picker, onDraft, onTask, onStarted } = props;
  const editing = useEdit(draft, task, onStarted);
  const { isKnown, whyOff, model, models, size, run } = editing;
  const words = WORDS[task.way];
  const change = (part: Partial<Settings>) => onDraft({ ...draft, ...part });
  const changeTask = (part: Partial<EditTask>) => onTask((task) => ({ ...task, ...part }));
  const paper = size ?? { width: 1, height: 1 };
  const sketching = useSketch(task, paper, changeTask);
  return (
    <RunForm label={isGuided(task.way) ? t("Generate") : t("Edit")} onSend={run.send}>
      {picker ??
        (isKnown && (
          <WayPicker
            legend={t("What to do")}
            offers={EDIT_WAYS.map((way) => ({ way, ...WORDS[way], off: whyOff(way) }))}
            way={task.way}
            onChange={(way) => changeTask({ way })}
          />
        ))}
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
      {usesCanvas(task) && size && (
        <CanvasField
          task={task}
          editing={editing}
          sketching={sketching}
          paper={paper}
          room={room}
        />
      )}
      <WayFields task={task} editing={editing} sketching={sketching} onChange={changeTask} />
      <RunButton label={words.verb} run={run} />
      {model && size && isSized(task) && (
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
