import { expect, test } from "vitest";
import type { Order } from "@/api/job";
import { EMPTY_DRAFT } from "@/form/draft";
import { aPicture } from "@/testing/pictures";
import { imagesOf, toControl, toEdit, toTask } from "./request";
import { type EditTask, EMPTY_TASK, withAdded, withPictures } from "./task";

const draft = { ...EMPTY_DRAFT, prompt: " make it green ", width: 256, height: 64, seed: 7 };
const common = { prompt: "make it green", seed: 7, count: 1 };
const [one, two] = [aPicture("1"), aPicture("2")];
const task = (part: Partial<EditTask>): EditTask => ({
  ...EMPTY_TASK,
  pictures: [one, two],
  ...part,
});
const margins = { left: 0, top: 16, right: 32, bottom: 0 };

test("an instruction takes all pictures, and the size of the first unless another was chosen", () => {
  expect(toEdit(draft, task({}), null)).toEqual({ ...common, images: [one.id, two.id] });
  const sized = toEdit(draft, task({ size: { width: 64, height: 96 } }), null);
  expect(sized).toMatchObject({ width: 64, height: 96 });
});

test.each([
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

test("control sends the control image, not the photograph", () => {
  expect(toControl(draft, task({ way: "control", scale: 0.5 }), "edges")).toEqual({
    ...common,
    controls: [{ image: "edges", kind: "canny", scale: 0.5 }],
  });
});

test.each([
  { way: "instruct", size: { width: 64, height: 96 } },
  { way: "extend", margins },
  { way: "restyle", strength: 0.4 },
] as const)("what was sent comes back into the form: %o", (part) => {
  const sent = task({ ...part, pictures: [one] });
  const order: Order = { kind: "image-edit", body: toEdit(draft, sent, null) };
  expect(imagesOf(order)).toEqual({ pictures: [one.id], mask: null });
  expect(toTask(order, [one], [])).toEqual(sent);
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
  const sent = task({ way: "inpaint", pictures: [one], marks: [{ kind: "invert" }], edge });
  const order: Order = { kind: "image-edit", body: toEdit(draft, sent, "of the brush") };
  expect(imagesOf(order).mask).toBe("of the brush");
  expect(toTask(order, [one], [{ kind: "invert" }])).toEqual(sent);
});

test("a control image comes back as what it is", () => {
  const sent = task({ way: "control", pictures: [one], source: "edges", scale: 0.5 });
  const order: Order = { kind: "controlnet", body: toControl(draft, sent, one.id) };
  expect(imagesOf(order).pictures).toEqual([one.id]);
  expect(toTask(order, [one], [])).toEqual(sent);
});

test("a mask belongs to its picture, and goes with it", () => {
  const painted = task({ marks: [{ kind: "invert" }], size: { width: 64, height: 64 } });
  expect(withPictures(painted, [one])).toMatchObject({ marks: [{ kind: "invert" }] });
  expect(withPictures(painted, [two])).toMatchObject({ marks: [], size: null });
});

test("instructions collect pictures, each once; everything else takes the newest", () => {
  const three = aPicture("3");
  expect(withAdded(task({}), [two, three]).pictures).toEqual([one, two, three]);
  expect(withAdded(task({ way: "inpaint" }), [three]).pictures).toEqual([three]);
});
