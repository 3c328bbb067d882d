import type { EditorLayer } from "@/canvas/Editor";
import { MASK_INK, sheer } from "@/canvas/ink";
import { coverage, type Mask } from "@/canvas/mask";
import { colourOf, toCss } from "@/canvas/palette";
import { capitalised } from "@/components/words";
import { t } from "@/i18n";
import { nounOf } from "./controls";
import { maskOf, nameOf, type Region } from "./regions";
import { layerOf, MASK } from "./sketch";
import { type EditTask, groundOf, usedControls } from "./task";

const MASK_COLOUR = "repeating-linear-gradient(45deg, rgb(221 79 51) 0 3px, #fff 3px 6px)";

/** What lies over each other on the canvas, the uppermost first. `made` are the control images, by control. */
export function layersOf(
  task: EditTask,
  mask: Mask | null,
  made: readonly ({ url: string } | undefined)[],
): EditorLayer[] {
  const ground = groundOf(task);
  return [
    ...(mask ? [maskLayer(mask, task)] : []),
    ...task.regions.filter(() => ["control", "entities"].includes(task.way)).map(regionLayer),
    ...usedControls(task).flatMap((control, index) => {
      const url = made[index]?.url;
      return url
        ? [controlLayer(index, t("the {{kind}} it keeps to", { kind: nounOf(control.kind) }), url)]
        : [];
    }),
    ...(ground
      ? [groundLayer(ground.url, task.start !== "nothing" || task.way === "inpaint")]
      : []),
  ];
}

function maskLayer(mask: Mask, { edge }: EditTask): EditorLayer {
  const { feather_px } = edge;
  return {
    id: MASK,
    name: t("Mask"),
    note: percentOf(mask),
    colour: MASK_COLOUR,
    content: { kind: "painted", mask, ink: MASK_INK, feather_px },
  };
}

function regionLayer(region: Region): EditorLayer {
  const { id, prompt, shape, box, drawing } = region;
  const colour = colourOf(id);
  return {
    id: layerOf(id),
    name: nameOf(region),
    note: prompt.trim(),
    colour: toCss(colour),
    content:
      shape === "box"
        ? { kind: "box", box }
        : { kind: "painted", mask: maskOf(drawing), ink: sheerOf(id), feather_px: 0 },
  };
}

const inks = new Map<number, ReturnType<typeof sheer>>();

// The same ink each time, so that a layer is not drawn anew for nothing.
function sheerOf(id: number) {
  const ink = inks.get(id) ?? sheer(colourOf(id));
  inks.set(id, ink);
  return ink;
}

function controlLayer(index: number, note: string, url: string): EditorLayer {
  return {
    id: `control ${index + 1}`,
    name: t("Control {{index}}", { index: index + 1 }),
    note: capitalised(note),
    colour: null,
    content: { kind: "picture", url, isSheer: true },
  };
}

function groundLayer(url: string, isStart: boolean): EditorLayer {
  return {
    id: "ground",
    name: isStart ? t("Original") : t("Picture"),
    note: "",
    colour: null,
    content: { kind: "picture", url, isSheer: false },
  };
}

/** How much of a mask is painted, in words. */
export function percentOf(mask: Mask): string {
  return t("{{percent}} % is painted", { percent: Math.round(coverage(mask) * 100) });
}
