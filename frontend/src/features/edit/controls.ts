import type { Control, PreprocessRequest } from "@/api/gen";
import type { Picture, Thresholds } from "@/api/pictures";
import { capitalised } from "@/components/words";
import { t } from "@/i18n";
import { freeNumber } from "./list";

/** What the picture is: a photograph, from which the control image is still to be made, or a control image. */
export type ControlSource = "photo" | "made";

/** One control, as the form has it. */
export interface ControlTask {
  id: number;
  /** The id of the picture it reads; null, or one that was taken away, is the first. */
  picture: string | null;
  kind: string;
  source: ControlSource;
  /** Of canny only. */
  thresholds: Thresholds;
  scale: number;
  /** Shares of the steps between which it acts. */
  start: number;
  end: number;
}

export const CANNY = "canny";
/** Looks at the start picture and its mask, not at a picture of its own. */
export const INPAINT = "inpaint";

/** Lets the model read a control image of any kind, all the way; one in a run. */
export const CONTEXT = "context";

export const MAX_CONTROLS = 4;
/** The least and the most of what is chosen by slider. */
export const SCALES = [0.05, 2] as const;

export const FIRST_CONTROL: ControlTask = {
  id: 1,
  picture: null,
  kind: CANNY,
  source: "photo",
  thresholds: { low: 100, high: 200 },
  scale: 1,
  start: 0,
  end: 1,
};

const NOUNS: Readonly<Record<string, string>> = {
  canny: t("edges"),
  context: t("edges"),
  depth: t("depth"),
  pose: t("poses"),
  softedge: t("soft edges"),
  lineart: t("lines"),
  normal: t("normals"),
};

const KINDS: Readonly<Record<string, string>> = {
  canny: t("Canny"),
  context: t("Context"),
  depth: t("Depth"),
  inpaint: t("Inpaint"),
  pose: t("Pose"),
  softedge: t("Softedge"),
  lineart: t("Lineart"),
  normal: t("Normal", { context: "map" }),
};

/** What a kind of control is called. */
export function kindInWords(kind: string): string {
  return KINDS[kind] ?? capitalised(kind);
}

/** What a control image of this kind shows, in the plural or as a mass. */
export function nounOf(kind: string): string {
  return NOUNS[kind] ?? kind;
}

/** The kind of control image that is made from a photograph for this kind of control. */
export function madeKind(kind: string): string {
  return kind === CONTEXT ? CANNY : kind;
}

/** One more control, of the kind given. */
export function withControl(controls: readonly ControlTask[], kind: string): ControlTask[] {
  return [...controls, { ...FIRST_CONTROL, id: freeNumber(controls), kind }];
}

/** The picture that a control reads. */
export function pictureOf(control: ControlTask, pictures: readonly Picture[]): Picture | undefined {
  const [first] = pictures;
  if (control.kind === INPAINT) return first;
  return pictures.find(({ id }) => id === control.picture) ?? first;
}

/** The control image that has to be made before a control can act; null if none has. */
export function wishOf(
  control: ControlTask,
  pictures: readonly Picture[],
): PreprocessRequest | null {
  const { source, thresholds } = control;
  const kind = madeKind(control.kind);
  const image = pictureOf(control, pictures)?.id;
  if (source === "made" || kind === INPAINT || image === undefined) return null;
  return { image, kind, parameters: kind === CANNY ? { ...thresholds } : {} };
}

/** Writes a control as the API takes it: what it is anyway is left out. `image` is the id of its control image. */
export function toControl({ kind, scale, start, end }: ControlTask, image: string): Control {
  if (kind === CONTEXT) return { image, kind, scale };
  return { image, kind, scale, ...(start !== 0 && { start }), ...(end !== 1 && { end }) };
}

/** Reads a control back into the form. */
export function readControl(control: Control, id: number): ControlTask {
  const { image, kind, preprocess = false, scale, start, end } = control;
  return {
    ...FIRST_CONTROL,
    id,
    picture: image,
    kind,
    source: preprocess ? "photo" : "made",
    scale: scale ?? FIRST_CONTROL.scale,
    start: start ?? FIRST_CONTROL.start,
    end: end ?? FIRST_CONTROL.end,
  };
}
