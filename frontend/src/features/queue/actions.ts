import type { Job } from "@/api/gen";
import type { LessMemory } from "@/api/less-memory";
import type { Move } from "@/api/line";

/** What can be done in the queue. */
export interface QueueActions {
  onSelect: (job: Job) => void;
  onCancel: (jobs: readonly Job[]) => void;
  onRetry: (job: Job) => void;
  /** Asks for something like what failed. */
  onOrder: (order: LessMemory["order"]) => void;
  onDuplicate: (job: Job) => void;
  onEdit: (job: Job) => void;
  onPrioritise: (job: Job, priority: Job["priority"]) => void;
  /** Puts one of the jobs that wait at another place, both from 0. */
  onMove: (from: number, to: number) => void;
  onPause: (paused: boolean) => void;
  onClear: () => void;
  onDismiss: (jobs: readonly Job[]) => void;
}

/** What a card that waits can have done. */
export interface CardActions {
  onMove: (from: number, move: Move) => void;
  actions: QueueActions;
}
