import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo } from "react";
import type { Job } from "@/api/gen";
import type { Search } from "@/api/search";
import type { PictureActions } from "@/components/picture-actions";
import { GalleryHead } from "./GalleryHead";
import { TileGrid } from "./TileGrid";
import { tilesOf } from "./tiles";
import { WORDS } from "./words";

interface GalleryProps {
  jobs: readonly Job[];
  /** The id of the image on the stage. */
  shown: string | undefined;
  search: Search;
  isSearching: boolean;
  models: readonly { name: string; title: string }[];
  hasMore: boolean;
  isLoading: boolean;
  problem: string | null;
  onSearch: (search: Search) => void;
  onMore: () => void;
  onAgain: () => void;
  onSelect: (job: Job, imageIndex: number) => void;
  /** A file that may say how it was painted. */
  onFile: (file: File) => void;
  actions: PictureActions;
}

/** Everything painted so far, newest first, and the ways to find something in it. */
export function Gallery(props: GalleryProps) {
  const { jobs, shown, search, isSearching, models, hasMore, isLoading, problem } = props;
  const { onSearch, onMore, onAgain, onSelect, onFile, actions } = props;
  const tiles = useMemo(() => tilesOf(jobs), [jobs]);
  return (
    <Stack gap="sm" component="section" aria-label={WORDS.title}>
      <GalleryHead search={search} models={models} onSearch={onSearch} onFile={onFile} />
      {problem && (
        <Group gap="xs" role="alert">
          <Text size="sm" c="var(--alarm)">
            {WORDS.failed(problem)}
          </Text>
          <Button variant="default" size="compact-xs" onClick={onAgain}>
            {WORDS.again}
          </Button>
        </Group>
      )}
      {tiles.length === 0 && isSearching && !isLoading && !hasMore && !problem && (
        <Text size="sm" c="dimmed" role="status">
          {WORDS.nothing}
        </Text>
      )}
      <TileGrid
        tiles={tiles}
        shown={shown}
        hasMore={hasMore && !problem}
        isLoading={isLoading}
        onMore={onMore}
        onSelect={onSelect}
        actions={actions}
      />
    </Stack>
  );
}
