import { expect, test } from "vitest";
import { aPicture } from "@/testing/pictures";
import {
  type ControlTask,
  FIRST_CONTROL,
  pictureOf,
  readControl,
  toControl,
  wishOf,
  withControl,
} from "./controls";

const [one, two] = [aPicture("1"), aPicture("2")];
const pictures = [one, two];
const control = (part: Partial<ControlTask>): ControlTask => ({ ...FIRST_CONTROL, ...part });

test("a control reads the picture that was chosen, and the first when that is gone", () => {
  expect(pictureOf(control({ picture: two.id }), pictures)).toBe(two);
  expect(pictureOf(control({ picture: two.id }), [one])).toBe(one);
  expect(pictureOf(control({}), [])).toBeUndefined();
});

test("a photograph asks for the control image of its kind", () => {
  expect(wishOf(control({}), pictures)).toEqual({
    image: one.id,
    kind: "canny",
    parameters: { low: 100, high: 200 },
  });
  expect(wishOf(control({ kind: "depth", picture: two.id }), pictures)).toEqual({
    image: two.id,
    kind: "depth",
    parameters: {},
  });
});

test("what is read in context is made of edges, and acts all the way", () => {
  const context = control({ kind: "context", start: 0.2, scale: 0.5 });
  expect(wishOf(context, pictures)).toMatchObject({ kind: "canny", parameters: { low: 100 } });
  expect(toControl(context, "edges")).toEqual({ image: "edges", kind: "context", scale: 0.5 });
});

test("what is a control image already, and what surrounds a hole, asks for nothing", () => {
  expect(wishOf(control({ source: "made" }), pictures)).toBeNull();
  expect(wishOf(control({ kind: "inpaint", picture: two.id }), pictures)).toBeNull();
  expect(pictureOf(control({ kind: "inpaint", picture: two.id }), pictures)).toBe(one);
  expect(wishOf(control({}), [])).toBeNull();
});

test("what a control is anyway is left out", () => {
  expect(toControl(control({ scale: 0.5 }), "edges")).toEqual({
    image: "edges",
    kind: "canny",
    scale: 0.5,
  });
  expect(toControl(control({ start: 0.1, end: 0.8 }), "edges")).toMatchObject({
    start: 0.1,
    end: 0.8,
  });
});

test("a control comes back as what it is", () => {
  const sent = control({ id: 3, picture: one.id, source: "made", scale: 0.5, end: 0.7 });
  expect(readControl(toControl(sent, one.id), 3)).toEqual(sent);
  const photo = readControl({ image: one.id, kind: "canny", preprocess: true }, 1);
  expect(photo).toEqual(control({ picture: one.id }));
});

test("a further control has a number of its own", () => {
  expect(withControl([FIRST_CONTROL], "depth").map(({ id, kind }) => [id, kind])).toEqual([
    [1, "canny"],
    [2, "depth"],
  ]);
});
