import type { Gpu, GpuDevice, GpuLease, GpuRelease, GpuTicket, MachineGpu } from "@/api/gen";

/** The machines, that of the gateway first. */
export function machinesOf(gpu: Gpu): MachineGpu[] {
  return [gpu, ...gpu.others];
}

/** Who waits on any machine; the key is unique among them. */
export function allTickets(gpu: Gpu): (GpuTicket & { key: string })[] {
  return machinesOf(gpu).flatMap(({ machine, tickets }) =>
    tickets.map((ticket) => ({ ...ticket, key: `${machine} ${ticket.ticket}` })),
  );
}

/** What came back on any machine, the newest first; the key is unique among them. */
export function allReleases(gpu: Gpu): (GpuRelease & { key: string })[] {
  return machinesOf(gpu)
    .flatMap(({ machine, last_releases }) =>
      last_releases.map((release) => ({ ...release, key: `${machine} ${release.token}` })),
    )
    .sort((one, other) => (other.released_at ?? "").localeCompare(one.released_at ?? ""));
}

// Services that are not alone in using a model say so before its name.
const PREFIXES = new Set(["edit", "tiling"]);

export type Use = "lease" | "foreign" | "reserve" | "free";

/** A part of a device's memory. */
export interface Segment {
  use: Use;
  bytes: number;
  /** Of a lease: who holds it. */
  lease?: GpuLease;
}

/** What a lease is charged on a device: working memory while it computes, what loading takes while it loads. */
export function chargeOn(lease: GpuLease, device: string): number {
  let sum_bytes = 0;
  for (const charge of lease.charges) {
    if (charge.device !== device) continue;
    sum_bytes += charge.resident_bytes + charge.context_bytes;
    if (lease.state === "active") sum_bytes += charge.working_bytes;
    if (lease.state === "loading") sum_bytes += charge.load_extra_bytes;
  }
  return sum_bytes;
}

/** Who has how much of a device, the largest lease first, what is free last. */
export function segmentsOf(device: GpuDevice, leases: readonly GpuLease[]): Segment[] {
  const held: Segment[] = leases
    .map((lease) => ({ use: "lease" as const, bytes: chargeOn(lease, device.id), lease }))
    .filter(({ bytes }) => bytes > 0)
    .sort((one, other) => other.bytes - one.bytes);
  const free = Math.max(0, device.capacity_bytes - device.charged_bytes);
  const told = held.reduce((sum, { bytes }) => sum + bytes, 0) + device.foreign_bytes + free;
  const rest: Segment[] = [
    { use: "foreign", bytes: device.foreign_bytes },
    { use: "reserve", bytes: Math.max(0, device.total_bytes - told) },
    { use: "free", bytes: free },
  ];
  return [...held, ...rest.filter(({ bytes }) => bytes > 0)];
}

export type Doing = "busy" | "warm" | "loading" | "releasing" | "lost";

const DOING: Record<string, Doing> = {
  loading: "loading",
  resident: "warm",
  active: "busy",
  unloading: "releasing",
  fencing: "releasing",
  reclaiming: "releasing",
  quarantined: "lost",
};

/** What a lease is there for at the moment. */
export function doingOf(lease: GpuLease): Doing {
  return lease.draining && lease.state === "resident"
    ? "releasing"
    : (DOING[lease.state] ?? "warm");
}

/** The model of a profile: "shapes" of "shapes:1f2e:16384:full" or "edit:shapes:1f2e:49152:full". */
export function modelOfProfile(profile: string): string {
  const [first = profile, second] = profile.split(/[@:]/);
  return (PREFIXES.has(first) && second) || first;
}

/** How long ago, in seconds. */
export function age_s(moment: string, now_ms: number): number {
  return Math.max(0, (now_ms - Date.parse(moment)) / 1000);
}
