import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

async function pageOf(languages: readonly string[]) {
  vi.stubGlobal("navigator", { languages });
  return await import("./index");
}

test("a page speaks the first language of the browser's that it knows", async () => {
  const { LANGUAGE, t } = await pageOf(["fr-FR", "zh-CN", "en-GB"]);
  expect(LANGUAGE).toBe("zh");
  expect(t("Queue")).toBe("队列");
  expect(t("Filters, {{count}} on", { count: 2 })).toBe("筛选，已启用 2 项");
});

test("whoever speaks neither is spoken to in English", async () => {
  const { LANGUAGE, t } = await pageOf(["fr-FR"]);
  expect(LANGUAGE).toBe("en");
  expect(t("Queue")).toBe("Queue");
});

test("English has a singular, and counts places as people do", async () => {
  const { t } = await pageOf(["en"]);
  const ahead = (count: number) => t("{{count}} jobs ahead{{span}}.", { count, span: "" });
  expect([1, 2].map(ahead)).toEqual(["1 job ahead.", "2 jobs ahead."]);
  const place = (count: number) => t("{{count}}th in line", { count, ordinal: true });
  expect([2, 3, 4, 11, 21].map((each) => place(each).split(" ")[0])).toEqual([
    "2nd",
    "3rd",
    "4th",
    "11th",
    "21st",
  ]);
});

test("Chinese says of one what it says of many, and of a map what it is", async () => {
  const { t } = await pageOf(["zh-Hans"]);
  const ahead = (count: number) => t("{{count}} jobs ahead{{span}}.", { count, span: "" });
  expect([1, 2].map(ahead)).toEqual(["前面有 1 个任务。", "前面有 2 个任务。"]);
  expect(t("{{count}}th in line", { count: 2, ordinal: true })).toBe("排在第 2 位");
  expect(t("Normal")).toBe("普通");
  expect(t("Normal", { context: "map" })).toBe("法线");
});

test("what somebody typed is shown as it is", async () => {
  const { t } = await pageOf(["en"]);
  const title = "a <b>bold</b> {{star}} & $t(Queue)";
  expect(t("Painting: {{title}}", { title })).toBe(`Painting: ${title}`);
});
