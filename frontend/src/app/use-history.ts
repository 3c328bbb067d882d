import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import type { Job } from "@/api/gen";
import { historyQuery } from "@/api/history";
import type { Search } from "@/api/search";

const NO_JOBS: readonly Job[] = [];

/** The jobs that a search finds, live, but for those that are hidden. */
export function useHistory(search: Search, hidden: ReadonlySet<string>) {
  const history = useInfiniteQuery({
    ...historyQuery(search),
    placeholderData: keepPreviousData,
  });
  const { data, fetchNextPage, refetch } = history;
  const jobs = useMemo(() => {
    const found = data?.pages.flatMap((page) => page.jobs) ?? NO_JOBS;
    return hidden.size > 0 ? found.filter(({ id }) => !hidden.has(id)) : found;
  }, [data, hidden]);
  return {
    jobs,
    isLoaded: history.isSuccess,
    isLoading: history.isFetching,
    hasMore: history.hasNextPage,
    problem: history.error?.message ?? null,
    showMore: useCallback(() => void fetchNextPage(), [fetchNextPage]),
    again: useCallback(() => void refetch(), [refetch]),
  };
}
