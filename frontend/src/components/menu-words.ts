/** All that the menu of a picture says. */
export const MENU = {
  actions: "Actions",
  reuse: "Reuse",
  all: "All settings",
  prompt: "Prompt",
  seed: "Seed",
  vary: "Four variations",
  use: "Use the picture",
  purposes: {
    input: "Edit it",
    inpaint: "Repaint a part of it",
    reference: "Add it as a reference",
    control: "Keep to its edges",
  },
  upscale: "Upscale it",
  compare: "Compare with the one shown",
  batch: "Show its batch",
  download: "Download",
  star: "Star",
  unstar: "Take the star away",
  remove: (count: number) => (count > 1 ? `Delete, all ${count} of its run` : "Delete"),
} as const;
