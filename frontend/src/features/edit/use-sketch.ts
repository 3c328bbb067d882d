import { useState } from "react";
import type { Box } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { type History, historyOf, recorded, redone, undone } from "@/canvas/history";
import type { Mark } from "@/canvas/mask";
import type { Tool } from "@/canvas/pen";
import { changed, without } from "./list";
import { MIDDLE, withRegion } from "./regions";
import { layerOf, MASK, marked, regionOf, type Sketch, stepsTo, takenUp } from "./sketch";
import { type EditTask, isGuided } from "./task";

/** The hand that draws on the canvas: on which layer, and what can be undone. `paper` is what regions lie on. */
export function useSketch(task: EditTask, paper: Size, onChange: (sketch: Sketch) => void) {
  const { pictures, marks, regions } = task;
  const now: Sketch = { marks, regions };
  const subject = pictures[0]?.id;
  // Steps over another picture are none to go back to.
  const [kept, keep] = useState<{ history: History<Sketch>; of: string | undefined } | null>(null);
  const history = kept?.of === subject && kept ? kept.history : historyOf(stepsTo(now));
  const [chosen, choose] = useState<string | null>(null);
  const usual = isGuided(task.way) ? null : MASK;
  const isThere = (chosen === MASK && task.start === "mask") || regionOf(chosen, regions);
  const layer = isGuided(task.way) && isThere ? chosen : usual;

  const set = (history: History<Sketch>, sketch: Sketch) => {
    keep({ history, of: subject });
    onChange(sketch);
  };
  const record = (sketch: Sketch) => set(recorded(history, now), sketch);
  const change = (regions: Sketch["regions"]) => record({ marks, regions });
  const step = (walk: typeof undone<Sketch>) => {
    const taken = walk(history, now);
    return taken && (() => set(taken.history, takenUp(taken.present, now)));
  };
  return {
    layer,
    select: choose,
    undo: step(undone),
    redo: step(redone),
    mark: (mark: Mark, tool: Tool) => {
      const next = marked(now, layer, mark, tool, paper);
      if (!next) return;
      choose(next.layer);
      record(next.sketch);
    },
    moveBox: (id: string, box: Box) => {
      const region = regionOf(id, regions);
      if (region) change(changed(regions, region.id, { box }));
    },
    remove: (id: string) => {
      const region = regionOf(id, regions);
      if (region) change(without(regions, region.id));
    },
    addRegion: () => {
      const more = withRegion(regions, MIDDLE, paper);
      choose(layerOf(more.at(-1)?.id ?? 0));
      change(more);
    },
  };
}

export type Sketching = ReturnType<typeof useSketch>;
