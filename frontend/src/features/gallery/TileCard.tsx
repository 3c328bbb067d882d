import { IconStar, IconStarFilled } from "@tabler/icons-react";
import { type KeyboardEvent, memo, useState } from "react";
import type { Job } from "@/api/gen";
import { thumbnailOf } from "@/api/pictures";
import { IconButton } from "@/components/IconButton";
import { PictureMenuButton } from "@/components/PictureMenuButton";
import type { PictureActions } from "@/components/picture-actions";
import { titleOf } from "@/components/words";
import classes from "./Gallery.module.css";
import type { Tile } from "./tiles";
import { WORDS } from "./words";

interface TileCardProps {
  tile: Tile;
  /** Among all tiles. */
  index: number;
  isShown: boolean;
  /** Whether the Tab key leads here; from there on the arrow keys do. */
  isReached: boolean;
  onFocus: (index: number) => void;
  /** What can be done, at any time; tiles are not drawn anew when it changes. */
  latest: () => TileActions;
}

export interface TileActions {
  onMoveFocus: (event: KeyboardEvent, index: number) => void;
  onSelect: (job: Job, imageIndex: number) => void;
  actions: PictureActions;
}

/** One picture, its star, and behind a button or the right one of the mouse what can be done with it. */
export const TileCard = memo(function TileCard(props: TileCardProps) {
  const { tile, index, isShown, isReached, onFocus, latest } = props;
  const { job, image } = tile;
  const [isOpen, setOpen] = useState(false);
  const title = titleOf(job);
  const tabIndex = isReached ? 0 : -1;
  return (
    <div className={classes.tile} data-open={isOpen || undefined}>
      <button
        type="button"
        className={classes.picture}
        data-index={index}
        data-transparent={job.kind === "layers" || undefined}
        aria-label={title}
        aria-current={isShown ? "true" : undefined}
        tabIndex={tabIndex}
        onFocus={() => onFocus(index)}
        onKeyDown={(event) => latest().onMoveFocus(event, index)}
        onClick={() => latest().onSelect(job, tile.index)}
        onContextMenu={(event) => {
          event.preventDefault();
          setOpen(true);
        }}
      >
        <img src={thumbnailOf(image.id, 256)} alt={title} loading="lazy" decoding="async" />
        <span className={classes.caption} aria-hidden="true">
          <span>{title}</span>
        </span>
      </button>
      <IconButton
        className={classes.star}
        data-starred={job.favourite || undefined}
        aria-label={`${WORDS.star}: ${title}`}
        aria-pressed={job.favourite}
        tabIndex={tabIndex}
        onClick={() => latest().actions.onStar(job, !job.favourite)}
      >
        {job.favourite ? <IconStarFilled size={14} /> : <IconStar size={15} stroke={1.7} />}
      </IconButton>
      <PictureMenuButton
        className={classes.more}
        label={`${WORDS.actions}: ${title}`}
        tabIndex={tabIndex}
        job={job}
        image={image}
        isShown={isShown}
        actions={() => latest().actions}
        isOpen={isOpen}
        onOpen={setOpen}
      />
    </div>
  );
});
