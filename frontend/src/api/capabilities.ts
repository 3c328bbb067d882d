import { queryOptions } from "@tanstack/react-query";
import type { Capabilities, Capability } from "./gen";
import { getCapabilities } from "./gen";
import { answerOf } from "./problem";

const REFRESH_MS = 10_000; // a service that comes back is offered again within this time

export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: ({ signal }) => answerOf(getCapabilities({ signal })),
  refetchInterval: REFRESH_MS,
});

export function capabilityNamed(all: Capabilities, name: string): Capability | undefined {
  return all.capabilities.find((capability) => capability.name === name);
}
