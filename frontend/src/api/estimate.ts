import { keepPreviousData, queryOptions, skipToken } from "@tanstack/react-query";
import { estimate as ask, type Estimate, type EstimateData } from "./gen";
import type { Order } from "./job";
import { answerOf } from "./problem";

const REFRESH_MS = 15_000; // what else the memory holds changes

/** What a request would take if it were sent now; nothing is asked while there is no request. */
export function estimateQuery(order: Order | null) {
  return queryOptions({
    queryKey: ["estimate", order],
    queryFn: order
      ? ({ signal }): Promise<Estimate> => answerOf(ask({ body: toBody(order), signal }))
      : skipToken,
    refetchInterval: REFRESH_MS,
    // An answer that is a little old is better than a line that flickers.
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
    retry: false,
  });
}

function toBody({ kind, body }: Order): EstimateData["body"] {
  return { ...body, kind } as EstimateData["body"];
}
