import { describe, expect, it } from "vitest";
import type { CatalogueModel, Download } from "@/api/gen";
import { withDownload } from "@/api/system";
import { inOrder, isShown, mustAccept, shareOf } from "./models";

function download(part: Partial<Download> = {}): Download {
  const figures = { file: "", done_bytes: 25, total_bytes: 100, bytes_per_s: null, eta_s: null };
  return { model: "m", state: "downloading", text: null, ...figures, ...part };
}

function model(name: string, part: Partial<CatalogueModel> = {}): CatalogueModel {
  return {
    name,
    title: name,
    family: "qwen-image",
    kind: "checkpoint",
    license: "Apache-2.0",
    license_url: "",
    commercial_use: true,
    opt_in: false,
    built_in: false,
    size_bytes: 100,
    size_is_exact: true,
    is_present: false,
    fetched_bytes: 0,
    capabilities: [],
    tier: "",
    note: "",
    download: null,
    ...part,
  };
}

describe("the list of models", () => {
  it("has what is on its way first, then what is here", () => {
    const models = [
      model("far"),
      model("here", { is_present: true }),
      model("coming", { download: download() }),
      model("failed", { download: download({ state: "failed" }) }),
    ];
    expect(inOrder(models).map(({ name }) => name)).toEqual(["coming", "here", "far", "failed"]);
  });

  it("shows what is asked for, and always what is on its way", () => {
    expect(isShown(model("far"), "here")).toBe(false);
    expect(isShown(model("far", { tier: "nf4" }), "fitting")).toBe(true);
    expect(isShown(model("coming", { download: download() }), "here")).toBe(true);
  });

  it("takes over what is told of a download", () => {
    const models = { device: "cpu", models: [model("m"), model("n")] };
    const renewed = withDownload(models, download({ done_bytes: 50 }));
    expect(renewed.models.map((each) => each.download?.done_bytes)).toEqual([50, undefined]);
  });
});

it("asks for the licence where it allows not everything", () => {
  expect(mustAccept(model("m"))).toBe(false);
  expect(mustAccept(model("m", { commercial_use: false }))).toBe(true);
  expect(mustAccept(model("m", { opt_in: true }))).toBe(true);
});

it("knows which share is done, once the size is known", () => {
  expect(shareOf(model("m", { download: download() }))).toBe(0.25);
  expect(shareOf(model("m", { download: download({ total_bytes: 0 }) }))).toBeNull();
  expect(shareOf(model("m"))).toBeNull();
});
