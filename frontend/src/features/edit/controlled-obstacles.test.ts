import { expect, test } from "vitest";
import { rasterise } from "@/canvas/mask";
import { EMPTY_DRAFT } from "@/form/draft";
import { shapesModel } from "@/testing/jobs";
import { aPicture } from "@/testing/pictures";
import { type ControlTask, FIRST_CONTROL } from "./controls";
import { type Circumstances, editObstacles } from "./obstacles";
import { MIDDLE, type Region, withRegion } from "./regions";
import { type EditTask, EMPTY_TASK } from "./task";

const picture = aPicture("1");
const size = { width: 128, height: 128 };
const calm: Circumstances = {
  model: shapesModel,
  off: null,
  whyLacking: () => null,
  mask: null,
  controlImages: ["made"],
};

const found = (part: Partial<EditTask>, circumstances: Partial<Circumstances> = {}) =>
  editObstacles(
    { ...EMPTY_DRAFT, prompt: "a red star" },
    { ...EMPTY_TASK, way: "control", pictures: [picture], ...part },
    { ...calm, ...circumstances },
  );
const reasons = (...told: Parameters<typeof found>) => found(...told).map((one) => one.message);
const controlled = (part: Partial<ControlTask>) => ({ controls: [{ ...FIRST_CONTROL, ...part }] });
const region = (part: Partial<Region> = {}): Region[] =>
  withRegion([], MIDDLE, size).map((one) => ({ ...one, prompt: "a red star", ...part }));

test("a control with its image, or a region with its prompt, is enough", () => {
  expect(reasons({})).toEqual([]);
  expect(reasons({ pictures: [], regions: region() })).toEqual([]);
  expect(reasons({ controls: [], regions: region() })).toEqual([]);
});

test("something must be kept to", () => {
  expect(reasons({ pictures: [] })).toEqual(["Add a picture to keep to first."]);
  expect(reasons({ controls: [] })).toEqual(["Add a control first."]);
  expect(reasons({ way: "entities" })).toEqual(["Draw where something shall be first."]);
});

test("a photograph's control image must be there", () => {
  expect(reasons({}, { controlImages: ["pending"] })).toEqual(["The edges are being drawn."]);
  expect(found({}, { controlImages: [new Error("No service.")] })).toEqual([
    { field: "controls.0.image", message: "The edges cannot be drawn: No service." },
  ]);
});

test("each control is told about at the field that the API names", () => {
  const controls = [FIRST_CONTROL, { ...FIRST_CONTROL, id: 2, scale: 0, start: 0.6, end: 0.4 }];
  expect(found({ controls })).toEqual([
    { field: "controls.1.scale", message: "Hold of Control 2 is 0; choose 0.05 to 2." },
    {
      field: "controls.1",
      message:
        "The part of Control 2 goes from 60 % to 40 %; it must begin before it ends, within 0 to 100.",
    },
  ]);
});

test("what the model lacks says why", () => {
  const whyLacking = (feature: string) => (feature === "inpaint" ? null : `no ${feature}`);
  const part = { ...controlled({ kind: "depth" }), regions: region(), start: "picture" } as const;
  expect(found(part, { whyLacking })).toEqual([
    { field: "init_image", message: "Starting from a picture is off: no image_to_image." },
    { field: "controls.0.kind", message: "Depth is off: no control.depth." },
    { field: "entities", message: "Regions are off: no entities." },
  ]);
});

test("a control of what surrounds a hole needs a hole", () => {
  const part = controlled({ kind: "inpaint" });
  expect(reasons(part)).toEqual([
    "Inpaint looks at what surrounds a mask; start from a picture, inside a mask.",
  ]);
  const mask = rasterise([{ kind: "invert" }], size);
  expect(reasons({ ...part, start: "mask" }, { mask })).toEqual([]);
});

test("the model reads one picture in context", () => {
  const read = { ...FIRST_CONTROL, kind: "context" };
  expect(reasons({ controls: [read] })).toEqual([]);
  expect(found({ controls: [read, { ...read, id: 2 }] })).toEqual([
    { field: "controls.1.kind", message: "One picture is read in context; remove Control 2." },
  ]);
});

test("a start needs its picture, its strength and, inside a mask, something painted", () => {
  expect(reasons({ start: "picture", pictures: [], regions: region() })).toEqual([
    "Add the picture to start from first.",
  ]);
  expect(reasons({ start: "picture", startStrength: 0 })).toEqual([
    "Strength is 0; choose 0.05 to 1.",
  ]);
  expect(reasons({ start: "mask" }, { mask: rasterise([], size) })).toEqual([
    "Paint over what shall change first.",
  ]);
});

test("a region needs words, in the length that fits", () => {
  expect(found({ regions: region({ prompt: "  " }) })).toEqual([
    { field: "entities.0.prompt", message: "Say what Region 1 shows first.", isMissing: true },
  ]);
  expect(reasons({ regions: region({ name: "Hat", prompt: "x".repeat(501) }) })).toEqual([
    "The prompt of Hat has 501 characters; 500 fit.",
  ]);
});

test("a region needs a place inside of the picture", () => {
  const box = { ...MIDDLE, right: 0.125 };
  expect(found({ regions: region({ box }) })).toEqual([
    {
      field: "entities.0.box",
      message:
        "Region 1 goes from 32 to 16 across and 32 to 96 down; right and bottom must be larger, within 128 × 128.",
    },
  ]);
  expect(reasons({ regions: region({ box: { ...MIDDLE, bottom: 2 } }) })).toHaveLength(1);
  expect(reasons({ regions: region({ shape: "mask" }) })).toEqual([
    "Paint where Region 1 is first.",
  ]);
});

test("boxes cannot be told before the size of the picture is known", () => {
  expect(reasons({ regions: region() }, { model: undefined })).toEqual([
    "The studio has not said yet how large it paints.",
  ]);
});
