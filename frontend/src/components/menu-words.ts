import { t } from "@/i18n";

/** All that the menu of a picture says. */
export const MENU = {
  actions: t("Actions"),
  reuse: t("Reuse"),
  all: t("All settings"),
  prompt: t("Prompt"),
  seed: t("Seed"),
  vary: t("Four variations"),
  use: t("Use the picture"),
  purposes: {
    input: t("Edit it"),
    inpaint: t("Repaint a part of it"),
    reference: t("Add it as a reference"),
    control: t("Keep to its edges"),
  },
  upscale: t("Upscale it"),
  compare: t("Compare with the one shown"),
  batch: t("Show its batch"),
  download: t("Download"),
  star: t("Star"),
  unstar: t("Take the star away"),
  remove: (count: number) =>
    count > 1 ? t("Delete, all {{count}} of its run", { count }) : t("Delete"),
} as const;
