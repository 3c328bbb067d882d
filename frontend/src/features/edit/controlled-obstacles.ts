import { inPixels } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { coverage } from "@/canvas/mask";
import { type Obstacle, outside } from "@/form/obstacles";
import { t } from "@/i18n";
import { CONTEXT, type ControlTask, INPAINT, kindInWords, nounOf, SCALES } from "./controls";
import type { Circumstances } from "./obstacles";
import { MAX_REGION_PROMPT_LENGTH, maskOf, nameOf, type Region } from "./regions";
import { type EditTask, resultSize, STRENGTHS, usedControls } from "./task";
import { ENTITIES, featureOf } from "./ways";

type Found = Obstacle | undefined;

/** Everything that keeps a run under controls and regions from being sent, but for the settings of all runs. */
export function controlledObstacles(task: EditTask, circumstances: Circumstances): Found[] {
  const { model } = circumstances;
  const controls = usedControls(task);
  return [
    nothingToKeepTo(task),
    ...badStart(task, circumstances),
    ...controls.flatMap((control, index) => badControl(task, control, index, circumstances)),
    lackingRegions(task, circumstances),
    ...task.regions.flatMap((region, index) =>
      badRegion(region, index, model && resultSize(task, model)),
    ),
  ];
}

function nothingToKeepTo(task: EditTask): Found {
  const missing = (field: "controls" | "entities", message: string): Found => ({
    field,
    message,
    isMissing: true,
  });
  if (task.regions.length > 0 || usedControls(task).length > 0) return undefined;
  if (task.way === "entities")
    return missing("entities", t("Draw where something shall be first."));
  const wanted = task.pictures.length > 0 ? t("a control") : t("a picture to keep to");
  return missing("controls", t("Add {{wanted}} first.", { wanted }));
}

function badStart(task: EditTask, { whyLacking }: Circumstances): Found[] {
  if (task.start === "nothing") return [];
  const field = "init_image";
  if (task.pictures.length === 0) {
    return [{ field, message: t("Add the picture to start from first."), isMissing: true }];
  }
  const off = whyLacking(task.start === "mask" ? "inpaint" : "image_to_image");
  return [
    off === null
      ? undefined
      : { field, message: t("Starting from a picture is off: {{reason}}.", { reason: off }) },
    outside("strength", t("Strength"), task.startStrength, STRENGTHS),
  ];
}

function badControl(
  task: EditTask,
  control: ControlTask,
  index: number,
  circumstances: Circumstances,
): Found[] {
  const { scale, start, end } = control;
  const field = `controls.${index}` as const;
  const name = task.controls.length > 1 ? t(" of Control {{index}}", { index: index + 1 }) : "";
  return [
    badKind(task, control, index, circumstances),
    missingImage(control, name, `${field}.image`, circumstances.controlImages[index]),
    outside(`${field}.scale`, t("Hold{{name}}", { name }), scale, SCALES),
    start < end && start >= 0 && end <= 1
      ? undefined
      : { field, message: wrongSpan(control, name) },
  ];
}

function badKind(
  task: EditTask,
  { id, kind }: ControlTask,
  index: number,
  { whyLacking }: Circumstances,
): Found {
  const field = `controls.${index}.kind` as const;
  const off = whyLacking(featureOf(kind));
  if (off !== null)
    return {
      field,
      message: t("{{name}} is off: {{reason}}.", { name: kindInWords(kind), reason: off }),
    };
  if (kind === INPAINT && task.start !== "mask") {
    const fix = t("start from a picture, inside a mask");
    return { field, message: t("Inpaint looks at what surrounds a mask; {{fix}}.", { fix }) };
  }
  const first = task.controls.find((control) => control.kind === kind);
  if (kind !== CONTEXT || first?.id === id) return undefined;
  const message = t("One picture is read in context; remove Control {{index}}.", {
    index: index + 1,
  });
  return { field, message };
}

function wrongSpan({ start, end }: ControlTask, name: string): string {
  return t("The part{{name}} goes from {{from}} % to {{until}} %; {{fix}}.", {
    name,
    from: Math.round(start * 100),
    until: Math.round(end * 100),
    fix: t("it must begin before it ends, within 0 to 100"),
  });
}

function missingImage(
  { kind }: ControlTask,
  name: string,
  field: Obstacle["field"],
  image: Circumstances["controlImages"][number] | undefined,
): Found {
  const noun = nounOf(kind) + name;
  if (image === undefined || image === "made") return undefined;
  if (image === "pending") {
    return { field, message: t("The {{noun}} are being drawn.", { noun }), isMissing: true };
  }
  return {
    field,
    message: t("The {{noun}} cannot be drawn: {{message}}", { noun, message: image.message }),
  };
}

function lackingRegions({ regions }: EditTask, { model, whyLacking }: Circumstances): Found {
  if (regions.length > 0 && !model) {
    const message = t("The studio has not said yet how large it paints.");
    return { field: "entities", message, isMissing: true };
  }
  const off = regions.length > 0 ? whyLacking(ENTITIES) : null;
  return off === null
    ? undefined
    : { field: "entities", message: t("Regions are off: {{reason}}.", { reason: off }) };
}

function badRegion(region: Region, index: number, size: Size | undefined): Found[] {
  const { prompt, shape, drawing } = region;
  const name = nameOf(region);
  const field = `entities.${index}` as const;
  const length = prompt.length;
  return [
    prompt.trim() === ""
      ? {
          field: `${field}.prompt`,
          message: t("Say what {{name}} shows first.", { name }),
          isMissing: true,
        }
      : undefined,
    length > MAX_REGION_PROMPT_LENGTH
      ? {
          field: `${field}.prompt`,
          message: t("The prompt of {{name}} has {{length}} characters; {{most}} fit.", {
            name,
            length,
            most: MAX_REGION_PROMPT_LENGTH,
          }),
        }
      : undefined,
    shape === "mask" && coverage(maskOf(drawing)) === 0
      ? {
          field: `${field}.mask`,
          message: t("Paint where {{name}} is first.", { name }),
          isMissing: true,
        }
      : undefined,
    shape === "box" && size ? badBox(region, `${field}.box`, size) : undefined,
  ];
}

function badBox(region: Region, field: Obstacle["field"], size: Size): Found {
  const { left, top, right, bottom } = inPixels(region.box, size);
  const isInside = left >= 0 && top >= 0 && right <= size.width && bottom <= size.height;
  if (isInside && left < right && top < bottom) return undefined;
  const place = t("{{left}} to {{right}} across and {{top}} to {{bottom}} down", {
    left,
    right,
    top,
    bottom,
  });
  const fix = t("right and bottom must be larger, within {{width}} × {{height}}", {
    width: size.width,
    height: size.height,
  });
  return {
    field,
    message: t("{{name}} goes from {{place}}; {{fix}}.", { name: nameOf(region), place, fix }),
  };
}
