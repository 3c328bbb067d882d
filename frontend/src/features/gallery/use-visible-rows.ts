import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { GAP_PX, gridIn } from "./tiles";

const UNMEASURED_PX = 640;
const HEADER_PX = 64; // the page's own, which lies over what is scrolled
const SPARE_ROWS = 4;

/** The rows of a grid that are in sight of the window; `onNearEnd` is called when hardly any are left below. */
export function useVisibleRows(count: number, onNearEnd: (() => void) | null) {
  const list = useRef<HTMLUListElement>(null);
  const { ref, width } = useElementSize<HTMLUListElement>();
  const grid = gridIn(width || UNMEASURED_PX);
  const rowCount = Math.ceil(count / grid.columns);
  const row_px = grid.side_px + GAP_PX;

  const virtualizer = useWindowVirtualizer({
    count: rowCount,
    estimateSize: () => row_px,
    overscan: SPARE_ROWS,
    scrollMargin: useDistanceFromTop(list),
    scrollPaddingStart: HEADER_PX,
    scrollPaddingEnd: GAP_PX,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are as high as tiles are wide
  useLayoutEffect(() => virtualizer.measure(), [row_px]);

  const rows = virtualizer.getVirtualItems();
  const lastRow = rows.at(-1)?.index ?? -1;
  useEffect(() => {
    if (onNearEnd && lastRow >= rowCount - SPARE_ROWS) onNearEnd();
  }, [onNearEnd, lastRow, rowCount]);

  return {
    list,
    ref: useMergedRef(list, ref),
    grid,
    rows: rows.map(({ index, start }) => ({
      row: index,
      top_px: start - virtualizer.options.scrollMargin,
    })),
    height_px: Math.max(0, virtualizer.getTotalSize() - GAP_PX),
    scrollToRow: (row: number) => virtualizer.scrollToIndex(row),
  };
}

/** How far below the top of the page an element lies, whatever grows above it. */
function useDistanceFromTop(element: { readonly current: HTMLElement | null }): number {
  const [distance_px, setDistance] = useState(0);
  useLayoutEffect(() => {
    const measure = () => {
      const top = element.current?.getBoundingClientRect().top;
      if (top !== undefined) setDistance(Math.round(top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    for (const before of precedents(element.current)) observer.observe(before);
    return () => observer.disconnect();
  }, [element]);
  return distance_px;
}

// What lies above may grow while the page keeps its height.
function precedents(element: HTMLElement | null): Element[] {
  const main = document.querySelector("main");
  return [element?.parentElement, main].filter((one) => one != null);
}
