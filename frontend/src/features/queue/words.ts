import type { Job, JobError } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import { sizeInWords } from "@/components/words";

/** All that the queue says. */
export const WORDS = {
  title: "Queue",
  empty: "Nothing is waiting.",
  pause: "Pause the queue",
  resume: "Resume the queue",
  paused: "Paused. What runs goes on; nothing more starts.",
  clear: "Cancel all that wait",
  clearSure: (count: number) =>
    `Cancel ${count === 1 ? "the job that waits" : `all ${count} jobs that wait`}?`,
  clearYes: "Cancel them",
  clearNo: "Keep them",
  heldUp: (reason: string) => `Nothing can start now: ${reason}`,
  /** Whole sentences speak for themselves. */
  reason: (text: string) => (text.endsWith(".") ? text : `Waits for ${text}`),
  allDone: (span: string) => `All done in ${span}`,
  more: (count: number) => `and ${count} more`,
  others: (count: number) => `${count} of others wait, too.`,
  waiting: "Waiting jobs",
  working: "Jobs at work",
  failed: "Failed jobs",
  cancel: "Cancel",
  dismiss: "Dismiss",
  dismissAll: "Dismiss all",
  grip: "Move",
  actions: "Actions",
  duplicate: "Duplicate with another seed",
  edit: "Edit and send again",
  again: "Try again",
  lessMemory: "Retry with less memory",
  moves: { first: "Do it next", up: "Move up", down: "Move down", last: "Do it last" },
  priority: "Priority",
  batch: (count: number) => (count > 1 ? `Batch, ${count} left` : "Batch, last one"),
  cancelBatch: (count: number) => `Cancel the ${count} left of this batch`,
  movedTo: (title: string, place: number, count: number) =>
    `${title} is now number ${place} of ${count}.`,
  keys: "Drag, or press Space and the arrow keys. On a card, Alt with an arrow key moves it.",
  picked: (title: string) => `Picked up ${title}.`,
  over: (place: number, count: number) => `Place ${place} of ${count}.`,
  dropped: (title: string, place: number, count: number) =>
    `Dropped ${title} at place ${place} of ${count}.`,
  kept: (title: string) => `${title} stays where it was.`,
} as const;

export const PRIORITIES: Record<Job["priority"], string> = {
  interactive: "Urgent",
  normal: "Normal",
  background: "Background",
};

/** What a user can do about a failure. */
export type Remedy = "lessMemory" | "edit" | "again";

interface Advice {
  /** The next step, in a sentence. */
  sentence: string;
  remedy: Remedy;
}

const TO_BE_CHANGED: Advice = { sentence: "Change it and send it again.", remedy: "edit" };
const NEXT_STEPS: Record<string, Advice> = {
  INVALID_FIELDS: TO_BE_CHANGED,
  FEATURE_UNSUPPORTED: TO_BE_CHANGED,
  FEATURE_DISABLED: TO_BE_CHANGED,
  IMAGE_NOT_FOUND: { sentence: "Add the picture again.", remedy: "edit" },
  MODEL_NOT_FOUND: { sentence: "Choose another model.", remedy: "edit" },
  MODEL_UNREADABLE: {
    sentence: "Choose another model, or see `limner doctor` for this one.",
    remedy: "edit",
  },
  STORAGE_FAILED: { sentence: "Make room on the disk, then try again.", remedy: "again" },
};

const LACKS_OF_MEMORY = ["OUT_OF_MEMORY", "NEVER_FITS", "VRAM_EXHAUSTED"];

function howToFit(less: LessMemory): string {
  switch (less.by) {
    case "tier":
      return `With its weights held as “${less.tier}” it may fit.`;
    case "tiles":
      return `In tiles of ${less.tile_size_px} pixels it may fit.`;
    case "size":
      return `At ${sizeInWords(less)} pixels it may fit.`;
  }
}

/** What to do about a failure; a cause that is not known is worth another try. */
export function adviceOn({ code }: JobError, less: LessMemory | null): Advice {
  if (LACKS_OF_MEMORY.includes(code)) {
    return less
      ? { sentence: howToFit(less), remedy: "lessMemory" }
      : { sentence: "A smaller picture, or another model, may fit.", remedy: "edit" };
  }
  return NEXT_STEPS[code] ?? { sentence: "It may work another time.", remedy: "again" };
}
