import { expect, test } from "vitest";
import { rasterise } from "@/canvas/mask";
import { EMPTY_DRAFT } from "@/form/draft";
import { shapesModel } from "@/testing/jobs";
import { aPicture } from "@/testing/pictures";
import { type Circumstances, editObstacles } from "./obstacles";
import { type EditTask, EMPTY_TASK } from "./task";

const picture = aPicture("1");
const draft = { ...EMPTY_DRAFT, prompt: "make the circle green", width: 5 };
const unpainted = rasterise([], picture);
const calm: Circumstances = {
  model: shapesModel,
  off: null,
  whyLacking: () => null,
  mask: null,
  controlImages: ["made"],
};

const reasons = (part: Partial<EditTask>, circumstances: Partial<Circumstances> = {}) =>
  editObstacles(
    draft,
    { ...EMPTY_TASK, pictures: [picture], ...part },
    { ...calm, ...circumstances },
  ).map(({ message }) => message);

test("a picture and an instruction are enough", () => {
  expect(reasons({})).toEqual([]);
});

test("each thing that is still missing is named", () => {
  expect(reasons({ pictures: [] })).toEqual(["Add a picture first."]);
  expect(reasons({ way: "inpaint" }, { mask: unpainted })).toEqual([
    "Paint over what shall change first.",
  ]);
  expect(reasons({ way: "extend" })).toEqual(["Say how far to extend first."]);
  const blank = editObstacles({ ...draft, prompt: "" }, { ...EMPTY_TASK, way: "restyle" }, calm);
  expect(blank.map(({ message }) => message)).toEqual([
    "Add a picture first.",
    "Describe the finished picture first.",
  ]);
});

test("one painted pixel is enough", () => {
  const mask = rasterise([{ kind: "invert" }], picture);
  expect(reasons({ way: "inpaint" }, { mask })).toEqual([]);
});

test("the edge of a mask keeps to the limits", () => {
  const mask = rasterise([{ kind: "invert" }], picture);
  const edge = { feather_px: 257, grow_px: -300 };
  expect(reasons({ way: "inpaint", edge }, { mask })).toEqual([
    "Soft edge is 257; choose 0 to 256.",
    "Grow is -300; choose -256 to 256.",
  ]);
});

test("too many pictures are counted", () => {
  const pictures = ["1", "2", "3", "4", "5"].map((sign) => aPicture(sign));
  expect(reasons({ pictures, way: "combine" })).toEqual(["There are 5 pictures; 4 fit. Remove 1."]);
  expect(reasons({ pictures, way: "restyle" })).toEqual([]);
  const [first] = pictures;
  expect(reasons({ pictures: first ? [first] : [], way: "combine" })).toEqual([
    "Add a second picture first.",
  ]);
});

test("a picture is taken apart into as many layers as can be", () => {
  const pictures = [aPicture("1")];
  expect(reasons({ pictures, way: "layers" })).toEqual([]);
  expect(reasons({ pictures, way: "layers", layerCount: 9 })).toEqual([
    "Layers is 9; choose 1 to 8.",
  ]);
});

test("sides grow by multiples of 16", () => {
  const margins = { ...EMPTY_TASK.margins, left: 20 };
  expect(reasons({ way: "extend", margins })).toEqual([
    "A side grows by 20; use multiples of 16 up to 4096.",
  ]);
});

test("what is typed beside a slider keeps its range", () => {
  expect(reasons({ way: "restyle", strength: 2 })).toEqual(["Strength is 2; choose 0.05 to 1."]);
});

test("a way that is off says why", () => {
  expect(reasons({}, { off: "no installed model has weights for it" })).toEqual([
    "Instruct is off: no installed model has weights for it.",
  ]);
});

test("the size is the edit's own, not that of pictures from nothing", () => {
  expect(reasons({ size: { width: 100, height: 128 } })).toEqual([
    "Width is 100; it must be a multiple of 16 (try 96).",
  ]);
});
