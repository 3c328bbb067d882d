import { describe, expect, it } from "vitest";
import type { GpuDevice, GpuLease } from "@/api/gen";
import { age_s, chargeOn, doingOf, modelOfProfile, segmentsOf } from "./memory";

const DEVICE: GpuDevice = {
  id: "gpu-1",
  name: "RTX 4080",
  total_bytes: 16_000,
  capacity_bytes: 14_000,
  foreign_bytes: 500,
  charged_bytes: 9_000,
  observed_bytes: 8_500,
  draining: false,
  health: "ok",
};

function lease(token: number, part: Partial<GpuLease> = {}, resident_bytes = 1000): GpuLease {
  const charge = { resident_bytes, working_bytes: 500, load_extra_bytes: 200, context_bytes: 100 };
  return {
    token,
    holder: "t2i",
    service: "t2i",
    profile: "shapes:1f2e:16384:full",
    tier: "full",
    state: "resident",
    draining: false,
    charges: [{ device: "gpu-1", ...charge }],
    observed_bytes: 0,
    job: null,
    granted_at: null,
    ...part,
  };
}

describe("what a lease is charged", () => {
  it("counts working memory while it computes, and what loading takes while it loads", () => {
    expect(chargeOn(lease(1), "gpu-1")).toBe(1100);
    expect(chargeOn(lease(1, { state: "active" }), "gpu-1")).toBe(1600);
    expect(chargeOn(lease(1, { state: "loading" }), "gpu-1")).toBe(1300);
  });

  it("counts no other device", () => {
    expect(chargeOn(lease(1), "gpu-2")).toBe(0);
  });
});

describe("the parts of a device", () => {
  it("are the leases, largest first, what others use, what is kept free, and what is free", () => {
    const parts = segmentsOf(DEVICE, [lease(1, {}, 2900), lease(2, {}, 5900)]);
    expect(parts.map(({ use, bytes }) => [use, bytes])).toEqual([
      ["lease", 6000],
      ["lease", 3000],
      ["foreign", 500],
      ["reserve", 1500],
      ["free", 5000],
    ]);
    expect(parts.map(({ bytes }) => bytes).reduce((a, b) => a + b)).toBe(DEVICE.total_bytes);
  });

  it("are never less than nothing", () => {
    const full = { ...DEVICE, charged_bytes: 15_000 };
    expect(segmentsOf(full, []).every(({ bytes }) => bytes > 0)).toBe(true);
  });
});

describe("what a lease is there for", () => {
  it.each([
    ["active", false, "busy"],
    ["resident", false, "warm"],
    ["resident", true, "releasing"],
    ["loading", false, "loading"],
    ["reclaiming", false, "releasing"],
    ["quarantined", false, "lost"],
  ])("%s, draining %s: %s", (state, draining, doing) => {
    expect(doingOf(lease(1, { state, draining }))).toBe(doing);
  });
});

it("names the model of a profile", () => {
  expect(modelOfProfile("shapes:1f2e:16384:full")).toBe("shapes");
});

it("counts how long ago something was, never less than nothing", () => {
  const now_ms = Date.parse("2026-01-01T00:01:00Z");
  expect(age_s("2026-01-01T00:00:00Z", now_ms)).toBe(60);
  expect(age_s("2026-01-01T00:02:00Z", now_ms)).toBe(0);
});
