import { expect, test } from "vitest";
import { answerOf, toProblem } from "./problem";

const body = {
  type: "about:blank",
  title: "Unprocessable Content",
  status: 422,
  detail: "width is 100; shapes takes multiples of 16.",
  code: "INVALID_FIELDS",
  errors: [{ field: "width", value: "100", message: "Try 96 or 112." }],
};

test("a problem keeps its sentence and what is wrong with each field", () => {
  const problem = toProblem(body, 422);
  expect(problem.message).toBe("width is 100; shapes takes multiples of 16.");
  expect(problem.fields).toEqual({ width: "Try 96 or 112." });
});

test("an answer that is no problem document is told by its status", () => {
  expect(toProblem("<html>Bad gateway</html>", 502).message).toBe(
    "The studio answered with status 502.",
  );
});

test("a studio that does not answer is told as such", async () => {
  const silence = Promise.resolve({ error: new TypeError("fetch failed") });
  await expect(answerOf(silence)).rejects.toThrow("The studio cannot be reached.");
});

test("an answer is unwrapped", async () => {
  await expect(answerOf(Promise.resolve({ data: 7 }))).resolves.toBe(7);
});
