import { keepPreviousData, queryOptions, skipToken } from "@tanstack/react-query";
import { estimate as ask, type Estimate, type EstimateData } from "./gen";
import type { Order } from "./job";
import { answerOf } from "./problem";

const REFRESH_MS = 15_000; // what else the memory holds changes

const SAID = "a picture";

/** What a request would take if it were sent now; nothing is asked while there is no request. */
export function estimateQuery(order: Order | null) {
  const body = order && toBody(order);
  return queryOptions({
    queryKey: ["estimate", body],
    queryFn: body ? ({ signal }): Promise<Estimate> => answerOf(ask({ body, signal })) : skipToken,
    refetchInterval: REFRESH_MS,
    // An answer that is a little old is better than a line that flickers.
    placeholderData: keepPreviousData,
    staleTime: REFRESH_MS,
    retry: false,
  });
}

/** A request without its words and its seed: they cost nothing, and whoever types is not asked for at each key. */
export function toBody({ kind, body }: Order): EstimateData["body"] {
  const entities = "entities" in body ? body.entities : undefined;
  return {
    ...body,
    kind,
    prompt: SAID,
    negative_prompt: "",
    seed: null,
    ...(entities && { entities: entities.map((each) => ({ ...each, prompt: SAID })) }),
  } as EstimateData["body"];
}
