import { Text } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { Job } from "@/api/gen";
import type { PictureActions } from "@/components/picture-actions";
import { useLatest } from "@/components/use-latest";
import classes from "./Gallery.module.css";
import { TileCard } from "./TileCard";
import { GAP_PX, type Tile, tileAfter } from "./tiles";
import { useRovingFocus } from "./use-roving-focus";
import { useVisibleRows } from "./use-visible-rows";
import { WORDS } from "./words";

interface TileGridProps {
  tiles: readonly Tile[];
  shown: string | undefined;
  hasMore: boolean;
  isLoading: boolean;
  onMore: () => void;
  onSelect: (job: Job, imageIndex: number) => void;
  actions: PictureActions;
}

/** The tiles in sight of however many; older ones are asked for on the way down. */
export function TileGrid(props: TileGridProps) {
  const { tiles, shown, hasMore, isLoading, onMore, onSelect, actions } = props;
  const { list, ref, grid, rows, height_px, scrollToRow } = useVisibleRows(
    tiles.length,
    hasMore && !isLoading ? onMore : null,
  );
  const { columns, side_px } = grid;
  const focus = useRovingFocus(list, tiles.length, (index) =>
    scrollToRow(Math.floor(index / columns)),
  );
  const latest = useLatest({
    actions,
    onSelect,
    onMoveFocus: (event: KeyboardEvent, index: number) => {
      const to = tileAfter(event.key, index, columns, tiles.length);
      if (to === null || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      focus.moveTo(to);
    },
  });
  return (
    <>
      <ul ref={ref} className={classes.grid} style={{ height: height_px }} aria-label={WORDS.title}>
        {rows.flatMap(({ row, top_px }) =>
          tiles.slice(row * columns, (row + 1) * columns).map((tile, column) => {
            const index = row * columns + column;
            const place = {
              width: side_px,
              height: side_px,
              transform: `translate(${column * (side_px + GAP_PX)}px, ${top_px}px)`,
            };
            return (
              <li
                key={`${tile.job.id} ${tile.index}`}
                className={classes.place}
                style={place}
                aria-setsize={hasMore ? -1 : tiles.length}
                aria-posinset={index + 1}
              >
                <TileCard
                  tile={tile}
                  index={index}
                  isShown={tile.image.id === shown}
                  isReached={index === focus.index}
                  onFocus={focus.take}
                  latest={latest}
                />
              </li>
            );
          }),
        )}
      </ul>
      {isLoading && (
        <Text size="xs" c="dimmed" ta="center" role="status">
          {WORDS.loading}
        </Text>
      )}
    </>
  );
}
