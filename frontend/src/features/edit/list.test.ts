import { expect, test } from "vitest";
import { changed, freeNumber, shifted, without } from "./list";

const items = [1, 2, 4].map((id) => ({ id, name: `number ${id}` }));
const ids = (list: readonly { id: number }[]) => list.map(({ id }) => id);

test("a new entry gets the smallest free number", () => {
  expect(freeNumber([])).toBe(1);
  expect(freeNumber(items)).toBe(3);
});

test("an entry moves by one place, and not beyond the ends", () => {
  expect(ids(shifted(items, 2, -1))).toEqual([2, 1, 4]);
  expect(ids(shifted(items, 2, 1))).toEqual([1, 4, 2]);
  expect(ids(shifted(items, 1, -1))).toEqual([1, 2, 4]);
  expect(ids(shifted(items, 4, 1))).toEqual([1, 2, 4]);
});

test("one entry is changed or taken out, the others stay as they are", () => {
  expect(changed(items, 2, { name: "hat" })).toEqual([items[0], { id: 2, name: "hat" }, items[2]]);
  expect(ids(without(items, 2))).toEqual([1, 4]);
});
