import { queryOptions, skipToken } from "@tanstack/react-query";
import {
  type Cleared,
  changeQueue,
  getQueue,
  clearQueue as postClear,
  orderQueue as putOrder,
  type Queue,
  type QueueEvent,
} from "./gen";
import { answerOf } from "./problem";

/** How many waiting jobs a page shows. */
export const LINE_LIMIT = 200;

const REFRESH_MS = 5000; // forecasts grow old while nothing happens

/** Filled by events only: who waits, in order, and whether anything can start. */
export const queueQuery = queryOptions<QueueEvent>({ queryKey: ["queue"], queryFn: skipToken });

/** What is known of each waiting job beside its place: when it will be done, and what it waits for. */
export const lineQuery = queryOptions({
  queryKey: ["line"],
  queryFn: ({ signal }): Promise<Queue> =>
    answerOf(getQueue({ query: { limit: LINE_LIMIT }, signal })),
  refetchInterval: ({ state }) => (state.data?.waiting.length ? REFRESH_MS : false),
});

export function pauseQueue(paused: boolean): Promise<Queue> {
  return answerOf(changeQueue({ body: { paused } }));
}

/** Has the named jobs come first, in this order. */
export function orderQueue(ids: readonly string[]): Promise<Queue> {
  return answerOf(putOrder({ body: { ids: [...ids] } }));
}

/** Cancels all that wait. */
export function clearQueue(): Promise<Cleared> {
  return answerOf(postClear());
}
