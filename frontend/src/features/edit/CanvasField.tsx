import { Input } from "@mantine/core";
import { createPortal } from "react-dom";
import { Editor } from "@/canvas/Editor";
import type { Size } from "@/canvas/geometry";
import { coverage } from "@/canvas/mask";
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
  const painted = mask && `; ${Math.round(coverage(mask) * 100)} % is painted`;
  const canvas = (
    <Input.Wrapper error={run.errorOf("mask")}>
      <Editor
        key={`${task.way} ${task.pictures[0]?.id}`}
        label={isForRegions ? "The picture and its regions" : `The picture and its mask${painted}`}
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
