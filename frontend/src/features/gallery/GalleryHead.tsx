import {
  ActionIcon,
  CloseButton,
  FileButton,
  Pill,
  TextInput,
  Title,
  Tooltip,
} from "@mantine/core";
import { IconPhotoUp, IconSearch, IconStar, IconStarFilled } from "@tabler/icons-react";
import { useRef } from "react";
import type { Search } from "@/api/search";
import { Filters } from "./Filters";
import classes from "./Gallery.module.css";
import { WORDS } from "./words";

interface GalleryHeadProps {
  search: Search;
  models: readonly { name: string; title: string }[];
  onSearch: (search: Search) => void;
  onFile: (file: File) => void;
}

/** What is looked for. */
export function GalleryHead({ search, models, onSearch, onFile }: GalleryHeadProps) {
  const reset = useRef<() => void>(null);
  const change = (part: Partial<Search>) => onSearch({ ...search, ...part });
  return (
    <div className={classes.head}>
      <Title order={2} className={classes.heading}>
        {WORDS.title}
      </Title>
      <TextInput
        className={classes.search}
        data-key="search"
        type="search"
        size="xs"
        aria-label={WORDS.search}
        placeholder={WORDS.search}
        leftSection={<IconSearch size={15} stroke={1.7} />}
        rightSection={
          search.words !== "" && (
            <CloseButton size="xs" aria-label={WORDS.clear} onClick={() => change({ words: "" })} />
          )
        }
        maxLength={200}
        value={search.words}
        onChange={(event) => change({ words: event.currentTarget.value })}
      />
      <Tooltip label={WORDS.onlyStarred}>
        <ActionIcon
          aria-label={WORDS.onlyStarred}
          aria-pressed={search.isFavourite}
          variant={search.isFavourite ? "light" : "subtle"}
          color={search.isFavourite ? "orpiment" : "gray"}
          onClick={() => change({ isFavourite: !search.isFavourite })}
        >
          {search.isFavourite ? <IconStarFilled size={16} /> : <IconStar size={17} stroke={1.7} />}
        </ActionIcon>
      </Tooltip>
      <Filters search={search} models={models} onSearch={onSearch} />
      <FileButton
        accept="image/png,image/jpeg,image/webp"
        resetRef={reset}
        onChange={(file) => {
          if (file) onFile(file);
          reset.current?.(); // so that the same file can be chosen again
        }}
      >
        {(props) => (
          <Tooltip label={WORDS.open}>
            <ActionIcon {...props} aria-label={WORDS.open}>
              <IconPhotoUp size={17} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
      </FileButton>
      {search.batch && (
        <Pill
          withRemoveButton
          onRemove={() => change({ batch: null })}
          removeButtonProps={{ "aria-label": WORDS.endBatch, "aria-hidden": false, tabIndex: 0 }}
        >
          {WORDS.batch}
        </Pill>
      )}
    </div>
  );
}
