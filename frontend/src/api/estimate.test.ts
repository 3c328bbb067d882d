import { expect, test } from "vitest";
import { toBody } from "./estimate";

const order = (prompt: string) =>
  ({
    kind: "controlnet",
    body: { prompt, seed: 7, steps: 20, entities: [{ prompt: `${prompt} star`, mask: "m" }] },
  }) as Parameters<typeof toBody>[0];

test("what is said changes nothing about what it takes", () => {
  expect(toBody(order("a red"))).toEqual(toBody(order("a blue")));
});

test("what is asked for beside it stays", () => {
  expect(toBody(order("a red"))).toMatchObject({
    kind: "controlnet",
    steps: 20,
    entities: [{ mask: "m" }],
  });
});
