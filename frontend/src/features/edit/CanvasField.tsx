import { Input } from "@mantine/core";
import { createPortal } from "react-dom";
import { Editor } from "@/canvas/Editor";
import type { Size } from "@/canvas/geometry";
import { coverage, type Mask } from "@/canvas/mask";
import { t } from "@/i18n";
import { layersOf } from "./canvas-layers";
import { sheetOf } from "./sketch";
import { type EditTask, isGuided } from "./task";
import type { Editing } from "./use-edit";
import type { Sketching } from "./use-sketch";

interface CanvasFieldProps {
  task: EditTask;
  editing: Editing;
  sketching: Sketching;
  /** What regions lie on. */
  paper: Size;
  /** Where on the page it lies; among the fields if nowhere else. */
  room: HTMLElement | null;
}

/** The picture with everything that is drawn over it. */
export function CanvasField({ task, editing, sketching, paper, room }: CanvasFieldProps) {
  const { mask, controlImages, run } = editing;
  const { layer, select, undo, redo, mark, moveBox, remove } = sketching;
  const isForRegions = isGuided(task.way);
  const canvas = (
    <Input.Wrapper error={run.errorOf("mask")}>
      <Editor
        key={`${task.way} ${task.pictures[0]?.id}`}
        label={isForRegions ? t("The picture and its regions") : nameOf(mask)}
        paper={isForRegions ? paper : (task.pictures[0] ?? paper)}
        layers={layersOf(
          task,
          mask,
          controlImages.map(({ made }) => made),
        )}
        selected={layer}
        sheet={sheetOf(task, layer, mask, isForRegions ? paper : null)}
        firstTool={isForRegions ? "box" : "brush"}
        undo={undo}
        redo={redo}
        onMark={mark}
        onBox={moveBox}
        onSelect={select}
        onRemove={remove}
      />
    </Input.Wrapper>
  );
  return room ? createPortal(canvas, room) : canvas;
}

function nameOf(mask: Mask | null): string {
  if (!mask) return t("The picture and its mask");
  const percent = Math.round(coverage(mask) * 100);
  return t("The picture and its mask; {{percent}} % is painted", { percent });
}
