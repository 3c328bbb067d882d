import { expect, test } from "vitest";
import { historyOf, recorded, redone, undone } from "./history";

test("what was done is undone and done again, step by step", () => {
  const history = recorded(recorded(historyOf<string>([]), "nothing"), "a stroke");
  const back = undone(history, "two strokes");
  expect(back?.present).toBe("a stroke");
  const further = back && undone(back.history, back.present);
  expect(further?.present).toBe("nothing");
  expect(further && undone(further.history, further.present)).toBeNull();
  const again = further && redone(further.history, further.present);
  expect(again?.present).toBe("a stroke");
  const last = again && redone(again.history, again.present);
  expect(last?.present).toBe("two strokes");
  expect(last && redone(last.history, last.present)).toBeNull();
});

test("whoever does something new gives up what was undone", () => {
  const back = undone(recorded(historyOf<number>([]), 1), 2);
  const onwards = back && recorded(back.history, back.present);
  expect(onwards && redone(onwards, 3)).toBeNull();
});

test("only the latest steps are remembered", () => {
  const many = Array.from({ length: 300 }, (_, index) => index);
  const { past } = recorded(historyOf(many), 300);
  expect([past.length, past.at(-1)]).toEqual([100, 300]);
});
