import type { Capability } from "@/api/gen";
import { shapesModel } from "./jobs";

/** The tiling service as the gateway describes it, at work unless told otherwise. */
export function aTilingService(change: Partial<Capability> = {}): Capability {
  return {
    name: "tiling",
    available: true,
    reason: null,
    models: [{ ...shapesModel, max_side_px: 8192, max_tile_px: 256 }],
    features: ["generate_tiled", "upscale_tiled"].map((name) => ({
      name,
      enabled: true,
      reason: null,
    })),
    library_versions: {},
    warm_model: null,
    replicas: 1,
    ...change,
  };
}
