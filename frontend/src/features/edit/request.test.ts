import { expect, test } from "vitest";
import type { Order } from "@/api/job";
import { rasterise, toMark } from "@/canvas/mask";
import { EMPTY_DRAFT } from "@/form/draft";
import { aPicture } from "@/testing/pictures";
import { FIRST_CONTROL } from "./controls";
import { withRegion } from "./regions";
import { imagesOf, type Seen, toControlled, toEdit, toTask } from "./request";
import { type EditTask, EMPTY_TASK, withAdded, withPictures } from "./task";

const draft = { ...EMPTY_DRAFT, prompt: " make it green ", width: 256, height: 64, seed: 7 };
const common = { prompt: "make it green", seed: 7, count: 1 };
const [one, two] = [aPicture("1"), aPicture("2")];
const task = (part: Partial<EditTask>): EditTask => ({
  ...EMPTY_TASK,
  pictures: [one, two],
  ...part,
});
const seen = (pictures: Seen["pictures"]): Seen => ({
  pictures,
  mask: null,
  regions: [],
  size,
});
const margins = { left: 0, top: 16, right: 32, bottom: 0 };

test("pictures are combined at the size of the first unless another was chosen", () => {
  const combined = task({ way: "combine" });
  expect(toEdit(draft, combined, null)).toEqual({ ...common, images: [one.id, two.id] });
  const sized = toEdit(draft, { ...combined, size: { width: 64, height: 96 } }, null);
  expect(sized).toMatchObject({ width: 64, height: 96 });
});

test.each([
  [{ way: "instruct" }, { width: 64, height: 64 }],
  [{ way: "inpaint" }, { mask: "of the brush" }],
  [{ way: "extend", margins }, { outpaint: margins }],
  [{ way: "restyle", strength: 0.4 }, { strength: 0.4 }],
] as const)("%o works on the first picture only", (part, sent) => {
  const mask = part.way === "inpaint" ? "of the brush" : null;
  const size = { width: 64, height: 64 };
  expect(toEdit(draft, task({ ...part, size }), mask)).toEqual({
    ...common,
    images: [one.id],
    ...sent,
  });
});

const kept = { controls: ["edges"], mask: null, regions: [] };
const size = { width: 128, height: 64 };
const box = { left: 0.5, top: 0, right: 1, bottom: 0.5 };
const regions = withRegion([], box, size).map((one) => ({ ...one, prompt: "a hat" }));

test("control sends the control image, not the photograph", () => {
  expect(toControlled(draft, task({ way: "control" }), kept, size)).toEqual({
    ...common,
    controls: [{ image: "edges", kind: "canny", scale: 1 }],
  });
});

test("regions are told on the size of the result, which goes with them", () => {
  expect(toControlled(draft, task({ way: "control", pictures: [], regions }), kept, size)).toEqual({
    ...common,
    ...size,
    controls: [],
    entities: [{ prompt: "a hat", box: { left: 64, top: 0, right: 128, bottom: 32 } }],
  });
});

test("a start takes its mask and strength along", () => {
  const edge = { feather_px: 4, grow_px: 0 };
  const started = task({ way: "control", start: "mask", startStrength: 0.9, edge });
  expect(toControlled(draft, started, { ...kept, mask: "of the brush" }, size)).toMatchObject({
    init_image: one.id,
    strength: 0.9,
    mask: "of the brush",
    mask_feather_px: 4,
  });
  const whole = toControlled(draft, { ...started, start: "picture" }, kept, size);
  expect(whole).toMatchObject({ init_image: one.id, strength: 0.9 });
  expect(whole).not.toHaveProperty("mask");
});

test.each([
  { way: "instruct", size: { width: 64, height: 96 } },
  { way: "extend", margins },
  { way: "restyle", strength: 0.4 },
] as const)("what was sent comes back into the form: %o", (part) => {
  const sent = task({ ...part, pictures: [one] });
  const order: Order = { kind: "image-edit", body: toEdit(draft, sent, null) };
  expect(imagesOf(order)).toEqual({ pictures: [one.id], mask: null, regions: [] });
  expect(toTask(order, seen([one]))).toEqual(sent);
});

test("a mask has the edge that was chosen", () => {
  const edge = { feather_px: 12, grow_px: -3 };
  expect(toEdit(draft, task({ way: "inpaint", edge }), "of the brush")).toMatchObject({
    mask_feather_px: 12,
    mask_grow_px: -3,
  });
});

test("a mask comes back as it was painted over", () => {
  const edge = { feather_px: 12, grow_px: -3 };
  const painted = rasterise([{ kind: "invert" }], size);
  const sent = task({ way: "inpaint", pictures: [one], marks: [toMark(painted)], edge });
  const order: Order = { kind: "image-edit", body: toEdit(draft, sent, "of the brush") };
  expect(imagesOf(order).mask).toBe("of the brush");
  expect(toTask(order, { ...seen([one]), mask: painted })).toEqual(sent);
});

test("controls, regions and the start come back as they were", () => {
  const sent = task({
    way: "control",
    controls: [{ ...FIRST_CONTROL, picture: two.id, source: "made", scale: 0.5, end: 0.6 }],
    regions,
    start: "picture",
    startStrength: 0.7,
    size,
  });
  const body = toControlled(draft, sent, { ...kept, controls: [two.id], regions: [null] }, size);
  const order: Order = { kind: "controlnet", body };
  expect(imagesOf(order)).toEqual({ pictures: [one.id, two.id], mask: null, regions: [null] });
  expect(toTask(order, seen([one, two]))).toEqual(sent);
});

test("a picture that is used twice is looked at once", () => {
  const started = task({ way: "control", pictures: [one], start: "picture" });
  const body = toControlled(draft, started, { ...kept, controls: [one.id] }, size);
  expect(imagesOf({ kind: "controlnet", body }).pictures).toEqual([one.id]);
});

test("a mask belongs to its picture, and goes with it", () => {
  const painted = task({ marks: [{ kind: "invert" }], size: { width: 64, height: 64 } });
  expect(withPictures(painted, [one])).toMatchObject({ marks: [{ kind: "invert" }] });
  expect(withPictures(painted, [two])).toMatchObject({ marks: [], size: null });
});

test("instructions and controls collect pictures, each once; everything else takes the newest", () => {
  const three = aPicture("3");
  expect(withAdded(task({}), [two, three]).pictures).toEqual([one, two, three]);
  expect(withAdded(task({ way: "control" }), [two, three]).pictures).toEqual([one, two, three]);
  expect(withAdded(task({ way: "inpaint" }), [three]).pictures).toEqual([three]);
  expect(withAdded(task({ pictures: [] }), [three]).way).toBe("instruct");
  expect(withAdded(task({ pictures: [one] }), [three]).way).toBe("combine");
});
