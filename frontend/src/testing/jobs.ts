import type { Job, Model, Preset } from "@/api/gen";

export const shapesModel: Model = {
  name: "shapes",
  title: "Shapes",
  license: "Apache-2.0",
  commercial_use: true,
  revision: "1",
  weight_bytes: 30_000_000,
  width: 128,
  height: 128,
  min_side_px: 64,
  max_side_px: 256,
  size_multiple_px: 16,
  default_steps: 20,
  default_guidance_scale: 4,
  default_edit_guidance_scale: 2,
  presets: [preset("draft", 10), preset("normal", 20), preset("best", 40)],
  tiers: ["full"],
  example_prompts: ["a green triangle at the top, yellow background"],
  features: [
    "text_to_image",
    "image_to_image",
    "inpaint",
    "outpaint",
    "edit",
    "control.canny",
    "control.inpaint",
    "entities",
  ],
};

function preset(quality: Preset["quality"], steps: number): Preset {
  return {
    quality,
    steps,
    guidance_scale: 4,
    edit_guidance_scale: 2,
    computed_steps: steps,
    adapter: null,
    relative_seconds: steps / 20,
    measured: false,
    adherence: null,
  };
}

type JobChange = Partial<Omit<Job, "progress">> & { progress?: Partial<Job["progress"]> };

/** A job as the gateway sends it, finished unless told otherwise. */
export function aJob(change: JobChange = {}): Job {
  const { progress, ...rest } = change;
  const id = change.id ?? "0190a000-0000-7000-8000-000000000001";
  return {
    id,
    kind: "text-to-image",
    status: "succeeded",
    request: {
      prompt: "a red circle",
      width: 128,
      height: 128,
      steps: 20,
      guidance_scale: 4,
      count: 1,
    },
    images: [{ id: `${id}-image`, url: `/images/${id}`, width: 128, height: 128, seed: 7 }],
    error: null,
    performance: null,
    tier: null,
    tier_reason: null,
    priority: "normal",
    batch: null,
    favourite: false,
    created_at: "2026-01-01T12:00:00Z",
    started_at: "2026-01-01T12:00:01Z",
    finished_at: "2026-01-01T12:00:04Z",
    ...rest,
    progress: {
      stage: "done",
      step: 20,
      total_steps: 20,
      queue_position: null,
      eta_s: null,
      waiting_for: null,
      image_index: 0,
      image_count: 1,
      images_at_once: 1,
      tile: 0,
      tile_count: 0,
      ...progress,
    },
  };
}
