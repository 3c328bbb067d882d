import { Stack, Text } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import type { CSSProperties } from "react";
import type { Job, JobImage } from "@/api/gen";
import { isFinal, settingsOf } from "@/api/job";
import { LayerSheets } from "@/components/LayerSheets";
import type { PictureActions } from "@/components/picture-actions";
import { titleOf } from "@/components/words";
import { Ending } from "./Ending";
import { LatestStrip } from "./LatestStrip";
import { Pictures, type View } from "./Pictures";
import { counterpartOf } from "./pair";
import classes from "./Stage.module.css";
import { Strip } from "./Strip";
import { ViewBar } from "./ViewBar";
import { Working } from "./Working";
import { WORDS } from "./words";

interface StageProps {
  job: Job;
  /** The finished image to show; none shows the preview. */
  image: JobImage | undefined;
  /** The picture that was picked to compare it with. */
  compared: JobImage | null;
  /** What was made lately, newest first. */
  latest: readonly Job[];
  onPickImage: (index: number) => void;
  onSelect: (job: Job) => void;
  onEndComparing: () => void;
  onRetry: (job: Job) => void;
  onCancel: (job: Job) => void;
  actions: PictureActions;
}

/** One job in full: its picture as it comes into being, and then what it was made from. */
export function Stage(props: StageProps) {
  const { job, image, compared, latest, onPickImage, onSelect, onEndComparing } = props;
  const [view, setView] = useLocalStorage<View>({ key: "limner.view", defaultValue: "beside" });
  const asked = settingsOf(job);
  const size = {
    width: image?.width ?? asked.width ?? 1,
    height: image?.height ?? asked.height ?? 1,
  };
  const counterpart = counterpartOf(job, compared);
  const hasFrame = image !== undefined || !isFinal(job);
  const layers = image && layersOf(job, image);
  const isBeside = counterpart !== null && !(view === "slider" && image);
  return (
    <section className={classes.stage} aria-label={WORDS.stage}>
      <Stack
        gap="md"
        className={classes.easel}
        style={{ "--ratio": size.width / size.height } as CSSProperties}
        data-bare={!hasFrame || undefined}
        data-pair={(hasFrame && isBeside) || undefined}
      >
        {hasFrame && !layers && (
          <Pictures job={job} image={image} counterpart={counterpart} size={size} view={view} />
        )}
        {layers && <LayerSheets key={job.id} layers={layers} />}
        {counterpart && image && !layers && (
          <ViewBar
            view={view}
            isPicked={counterpart.isPicked}
            onView={setView}
            onEnd={onEndComparing}
          />
        )}
        {!layers && <Strip images={job.images} shown={image} onPick={onPickImage} />}
        <Text className={classes.prompt}>{titleOf(job)}</Text>
        {isFinal(job) ? (
          <Ending job={job} image={image} onRetry={props.onRetry} actions={props.actions} />
        ) : (
          <Working job={job} onCancel={props.onCancel} />
        )}
      </Stack>
      <LatestStrip jobs={latest} shown={job.id} onSelect={onSelect} />
    </section>
  );
}

/** The layers of the same picture; null where none was taken apart. */
function layersOf({ kind, images }: Job, { seed }: JobImage): JobImage[] | null {
  return kind === "layers" ? images.filter((image) => image.seed === seed) : null;
}
