import type { Model, Preset } from "@/api/gen";
import type { Settings } from "@/api/job";
import { t } from "@/i18n";

export type Quality = Preset["quality"];

type Numbers = Pick<Settings, "quality" | "steps" | "guidance_scale">;
type Usual = Pick<Preset, "steps" | "guidance_scale">;

/** What a model does at the quality that is asked for, where nothing else is said. */
export function usualAt(quality: Quality | null, model: Model): Usual {
  const { default_steps: steps, default_guidance_scale: guidance_scale } = model;
  return presetAt(quality ?? "normal", model) ?? { steps, guidance_scale };
}

/** What a quality means for a model. */
export function presetAt(quality: Quality, { presets }: Model): Preset | undefined {
  return presets?.find((preset) => preset.quality === quality);
}

/** The settings of a quality: its numbers are left to the model. */
export function settingsAt(quality: Quality): Numbers {
  return {
    quality: quality === "normal" ? null : quality,
    steps: null,
    guidance_scale: null,
  };
}

/** The quality that is asked for, or null where somebody has numbers of their own. */
export function qualityOf(
  { quality, steps, guidance_scale }: Numbers,
  model: Model,
): Quality | null {
  const usual = usualAt(quality, model);
  const isUsual = (steps ?? usual.steps) === usual.steps;
  const isGuidedAsUsual = (guidance_scale ?? usual.guidance_scale) === usual.guidance_scale;
  return isUsual && isGuidedAsUsual ? (quality ?? "normal") : null;
}

/** What a quality costs beside the normal one: "about half the time", "about 1.6 times the time". */
export function costOf({ relative_seconds }: Pick<Preset, "relative_seconds">): string | null {
  if (Math.abs(relative_seconds - 1) < 0.05) return null;
  if (Math.abs(relative_seconds - 0.5) < 0.05) return t("about half the time");
  const times = relative_seconds.toFixed(relative_seconds < 1 ? 2 : 1).replace(/\.?0+$/, "");
  return t("about {{times}} times the time", { times });
}
