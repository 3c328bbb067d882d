import type { Job, JobError } from "@/api/gen";

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
  smaller: "Retry with less memory",
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
export type Remedy = "smaller" | "edit" | "again";

interface Advice {
  /** The next step, in a sentence. */
  sentence: string;
  remedy: Remedy;
}

const TOO_LITTLE_MEMORY: Advice = {
  sentence: "A smaller picture, or smaller tiles, may fit.",
  remedy: "smaller",
};
const TO_BE_CHANGED: Advice = { sentence: "Change it and send it again.", remedy: "edit" };
const NEXT_STEPS: Record<string, Advice> = {
  OUT_OF_MEMORY: TOO_LITTLE_MEMORY,
  NEVER_FITS: TOO_LITTLE_MEMORY,
  VRAM_EXHAUSTED: TOO_LITTLE_MEMORY,
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

/** What to do about a failure; a cause that is not known is worth another try. */
export function adviceOn({ code }: JobError): Advice {
  return NEXT_STEPS[code] ?? { sentence: "It may work another time.", remedy: "again" };
}
