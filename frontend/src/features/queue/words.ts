import type { Job, JobError } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import { sizeInWords } from "@/components/words";
import { t } from "@/i18n";

/** All that the queue says. */
export const WORDS = {
  title: t("Queue"),
  empty: t("Nothing is waiting."),
  pause: t("Pause the queue"),
  resume: t("Resume the queue"),
  paused: t("Paused. What runs goes on; nothing more starts."),
  clear: t("Cancel all that wait"),
  clearSure: (count: number) => t("Cancel all {{count}} jobs that wait?", { count }),
  clearYes: t("Cancel them"),
  clearNo: t("Keep them"),
  heldUp: (reason: string) => t("Nothing can start now: {{reason}}", { reason }),
  /** Whole sentences speak for themselves. */
  reason: (text: string) => (text.endsWith(".") ? text : t("Waits for {{text}}", { text })),
  allDone: (span: string) => t("All done in {{span}}", { span }),
  more: (count: number) => t("and {{count}} more", { count }),
  others: (count: number) => t("{{count}} of others wait, too.", { count }),
  waiting: t("Waiting jobs"),
  working: t("Jobs at work"),
  failed: t("Failed jobs"),
  cancel: t("Cancel"),
  dismiss: t("Dismiss"),
  dismissAll: t("Dismiss all"),
  grip: t("Move"),
  actions: t("Actions"),
  duplicate: t("Duplicate with another seed"),
  edit: t("Edit and send again"),
  again: t("Try again"),
  lessMemory: t("Retry with less memory"),
  moves: { first: t("Do it next"), up: t("Move up"), down: t("Move down"), last: t("Do it last") },
  priority: t("Priority"),
  batch: (count: number) =>
    count > 1 ? t("Batch, {{count}} left", { count }) : t("Batch, last one"),
  cancelBatch: (count: number) => t("Cancel the {{count}} left of this batch", { count }),
  movedTo: (title: string, place: number, count: number) =>
    t("{{title}} is now number {{place}} of {{count}}.", { title, place, count }),
  keys: t("Drag, or press Space and the arrow keys. On a card, Alt with an arrow key moves it."),
  picked: (title: string) => t("Picked up {{title}}.", { title }),
  over: (place: number, count: number) => t("Place {{place}} of {{count}}.", { place, count }),
  dropped: (title: string, place: number, count: number) =>
    t("Dropped {{title}} at place {{place}} of {{count}}.", { title, place, count }),
  kept: (title: string) => t("{{title}} stays where it was.", { title }),
} as const;

export const PRIORITIES: Record<Job["priority"], string> = {
  interactive: t("Urgent"),
  normal: t("Normal"),
  background: t("Background"),
};

/** What a user can do about a failure. */
export type Remedy = "lessMemory" | "edit" | "again";

interface Advice {
  /** The next step, in a sentence. */
  sentence: string;
  remedy: Remedy;
}

const TO_BE_CHANGED: Advice = { sentence: t("Change it and send it again."), remedy: "edit" };
const NEXT_STEPS: Record<string, Advice> = {
  INVALID_FIELDS: TO_BE_CHANGED,
  FEATURE_UNSUPPORTED: TO_BE_CHANGED,
  FEATURE_DISABLED: TO_BE_CHANGED,
  IMAGE_NOT_FOUND: { sentence: t("Add the picture again."), remedy: "edit" },
  MODEL_NOT_FOUND: { sentence: t("Choose another model."), remedy: "edit" },
  MODEL_UNREADABLE: {
    sentence: t("Choose another model, or see `limner doctor` for this one."),
    remedy: "edit",
  },
  STORAGE_FAILED: { sentence: t("Make room on the disk, then try again."), remedy: "again" },
};

const LACKS_OF_MEMORY = ["OUT_OF_MEMORY", "NEVER_FITS", "VRAM_EXHAUSTED"];

function howToFit(less: LessMemory): string {
  switch (less.by) {
    case "tier":
      return t("With its weights held as “{{tier}}” it may fit.", { tier: less.tier });
    case "tiles":
      return t("In tiles of {{size}} pixels it may fit.", { size: less.tile_size_px });
    case "size":
      return t("At {{size}} pixels it may fit.", { size: sizeInWords(less) });
  }
}

/** What to do about a failure; a cause that is not known is worth another try. */
export function adviceOn({ code }: JobError, less: LessMemory | null): Advice {
  if (LACKS_OF_MEMORY.includes(code)) {
    return less
      ? { sentence: howToFit(less), remedy: "lessMemory" }
      : { sentence: t("A smaller picture, or another model, may fit."), remedy: "edit" };
  }
  return NEXT_STEPS[code] ?? { sentence: t("It may work another time."), remedy: "again" };
}
