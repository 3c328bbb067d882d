import { inPixels } from "@/canvas/box";
import type { Size } from "@/canvas/geometry";
import { coverage } from "@/canvas/mask";
import { capitalised } from "@/components/words";
import { type Obstacle, outside } from "@/form/obstacles";
import { type ControlTask, INPAINT, nounOf, SCALES } from "./controls";
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
  if (usedControls(task).length > 0 || task.regions.length > 0) return undefined;
  const wanted =
    task.pictures.length > 0 ? "a control or a region" : "a picture to keep to or a region";
  return { field: "controls", message: `Add ${wanted} first.`, isMissing: true };
}

function badStart(task: EditTask, { whyLacking }: Circumstances): Found[] {
  if (task.start === "nothing") return [];
  const field = "init_image";
  if (task.pictures.length === 0) {
    return [{ field, message: "Add the picture to start from first.", isMissing: true }];
  }
  const off = whyLacking(task.start === "mask" ? "inpaint" : "image_to_image");
  return [
    off === null ? undefined : { field, message: `Starting from a picture is off: ${off}.` },
    outside("strength", "Strength", task.startStrength, STRENGTHS),
  ];
}

function badControl(
  task: EditTask,
  control: ControlTask,
  index: number,
  { whyLacking, controlImages }: Circumstances,
): Found[] {
  const { kind, scale, start, end } = control;
  const field = `controls.${index}` as const;
  const off = whyLacking(featureOf(kind));
  const holeless =
    kind === INPAINT && task.start !== "mask"
      ? "looks at what surrounds a mask; start from a picture, inside a mask"
      : null;
  const wrong = off === null ? holeless : `is off: ${off}`;
  return [
    wrong === null
      ? undefined
      : { field: `${field}.kind`, message: `${capitalised(kind)} ${wrong}.` },
    missingImage(control, `${field}.image`, controlImages[index]),
    outside(`${field}.scale`, "Hold", scale, SCALES),
    start < end && start >= 0 && end <= 1 ? undefined : { field, message: wrongSpan(control) },
  ];
}

function wrongSpan({ start, end }: ControlTask): string {
  const [from, until] = [start, end].map((share) => Math.round(share * 100));
  return `A control acts from ${from} % to ${until} %; it must begin before it ends, within 0 to 100.`;
}

function missingImage(
  { kind }: ControlTask,
  field: Obstacle["field"],
  image: Circumstances["controlImages"][number] | undefined,
): Found {
  const noun = nounOf(kind);
  if (image === undefined || image === "made") return undefined;
  if (image === "pending") {
    return { field, message: `The ${noun} are being drawn.`, isMissing: true };
  }
  return { field, message: `The ${noun} cannot be drawn: ${image.message}` };
}

function lackingRegions({ regions }: EditTask, { model, whyLacking }: Circumstances): Found {
  if (regions.length > 0 && !model) {
    const message = "The studio has not said yet how large it paints.";
    return { field: "entities", message, isMissing: true };
  }
  const off = regions.length > 0 ? whyLacking(ENTITIES) : null;
  return off === null ? undefined : { field: "entities", message: `Regions are off: ${off}.` };
}

function badRegion(region: Region, index: number, size: Size | undefined): Found[] {
  const { prompt, shape, drawing } = region;
  const name = nameOf(region);
  const field = `entities.${index}` as const;
  const length = prompt.length;
  return [
    prompt.trim() === ""
      ? { field: `${field}.prompt`, message: `Say what ${name} shows first.`, isMissing: true }
      : undefined,
    length > MAX_REGION_PROMPT_LENGTH
      ? {
          field: `${field}.prompt`,
          message: `The prompt of ${name} has ${length} characters; ${MAX_REGION_PROMPT_LENGTH} fit.`,
        }
      : undefined,
    shape === "mask" && coverage(maskOf(drawing)) === 0
      ? { field: `${field}.mask`, message: `Paint where ${name} is first.`, isMissing: true }
      : undefined,
    shape === "box" && size ? badBox(region, `${field}.box`, size) : undefined,
  ];
}

function badBox(region: Region, field: Obstacle["field"], size: Size): Found {
  const { left, top, right, bottom } = inPixels(region.box, size);
  const isInside = left >= 0 && top >= 0 && right <= size.width && bottom <= size.height;
  if (isInside && left < right && top < bottom) return undefined;
  const place = `${left} to ${right} across and ${top} to ${bottom} down`;
  const fix = `right and bottom must be larger, within ${size.width} × ${size.height}`;
  return { field, message: `${nameOf(region)} goes from ${place}; ${fix}.` };
}
