import { capabilityNamed } from "@/api/capabilities";
import type { Capabilities, Job, Model } from "@/api/gen";
import { settingsOf } from "@/api/job";
import { TILING, UPSCALING, whyNoTiling } from "@/form/tiling";
import { t } from "@/i18n";

/** Why pictures cannot be edited or enlarged now; null where they can. */
export function offsOf(all: Capabilities | undefined) {
  const edit = all && capabilityNamed(all, "edit");
  const canEdit = (edit?.models.length ?? 0) > 0;
  return {
    edit: canEdit ? null : (edit?.reason ?? t("the edit service is not running")),
    upscale: whyNoTiling(all && capabilityNamed(all, TILING), UPSCALING),
  };
}

/** Every model that there is, once. */
export function modelsOf(all: Capabilities | undefined): Model[] {
  const models = all?.capabilities.flatMap((capability) => capability.models) ?? [];
  return [...new Map(models.map((model) => [model.name, model])).values()];
}

/** The model that a job was for. */
export function modelOf(all: Capabilities | undefined, job: Job): Model | undefined {
  const name = settingsOf(job).model;
  const service = CAPABILITIES[job.kind];
  const models = all && capabilityNamed(all, service)?.models;
  return models?.find((model) => model.name === name) ?? models?.[0];
}

const CAPABILITIES: Record<Job["kind"], string> = {
  "text-to-image": "t2i",
  "image-edit": "edit",
  controlnet: "edit",
  layers: "edit",
  tiled: TILING,
};

/** Whether editing was ever offered: its mode stays open while its service is away. */
export function isEditKnown(all: Capabilities | undefined): boolean {
  const edit = all && capabilityNamed(all, "edit");
  return (edit?.models.length ?? 0) > 0;
}
