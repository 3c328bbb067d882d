import { describe, expect, it } from "vitest";
import type { Gpu, GpuDevice, GpuLease, GpuRelease, GpuTicket, MachineGpu } from "@/api/gen";
import {
  age_s,
  allReleases,
  allTickets,
  chargeOn,
  doingOf,
  machinesOf,
  modelOfProfile,
  segmentsOf,
} from "./memory";
import { serviceInWords } from "./words";

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

function machine(name: string, ticket: string, released_at: string): MachineGpu {
  return {
    machine: name,
    revision: 1,
    epoch: 1,
    host: { ram_bytes: 0, budget_bytes: 0, pinned_budget_bytes: 0 },
    devices: [DEVICE],
    leases: [],
    tickets: [{ ticket } as GpuTicket],
    last_releases: [{ token: 1, released_at } as GpuRelease],
    swaps_last_hour: 0,
  };
}

describe("several machines", () => {
  const own = machine("gpu1", "t1", "2026-01-01T10:00:00Z");
  const gpu: Gpu = {
    ...own,
    others: [machine("gpu2", "t1", "2026-01-01T11:00:00Z")],
    silent: [],
  };

  it("are shown with the gateway's own first", () => {
    expect(machinesOf(gpu).map((each) => each.machine)).toEqual(["gpu1", "gpu2"]);
  });

  it("have one list of who waits, in which equal names do not collide", () => {
    expect(allTickets(gpu).map(({ key }) => key)).toEqual(["gpu1 t1", "gpu2 t1"]);
  });

  it("have one list of what came back, the newest first", () => {
    expect(allReleases(gpu).map(({ key }) => key)).toEqual(["gpu2 1", "gpu1 1"]);
  });
});

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
  expect(modelOfProfile("edit:shapes-edit:1f2e:16384:full")).toBe("shapes-edit");
});

it("numbers the replicas of a service", () => {
  expect(serviceInWords("t2i")).toBe("Text to image");
  expect(serviceInWords("t2i-2")).toBe("Text to image 2");
});

it("counts how long ago something was, never less than nothing", () => {
  const now_ms = Date.parse("2026-01-01T00:01:00Z");
  expect(age_s("2026-01-01T00:00:00Z", now_ms)).toBe(60);
  expect(age_s("2026-01-01T00:02:00Z", now_ms)).toBe(0);
});
