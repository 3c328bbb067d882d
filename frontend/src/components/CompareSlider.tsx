import type { CSSProperties } from "react";
import { ReactCompareSlider, ReactCompareSliderHandle } from "react-compare-slider";
import classes from "./CompareSlider.module.css";
import { Mount } from "./ImageFrame";

interface Side {
  src: string;
  /** What it is, in a word or two. */
  name: string;
  /** Where in the frame the picture lies; it fills it if nothing is said. */
  place?: CSSProperties | undefined;
}

interface CompareSliderProps {
  before: Side;
  after: Side;
  width: number;
  height: number;
}

/** Two pictures one behind the other; a line, dragged or moved by arrow keys, parts them. */
export function CompareSlider({ before, after, width, height }: CompareSliderProps) {
  return (
    <Mount width={width} height={height}>
      <ReactCompareSlider
        className={classes.slider}
        style={FILLING}
        keyboardIncrement="5%"
        handle={<ReactCompareSliderHandle buttonStyle={BUTTON} linesStyle={LINES} />}
        itemOne={<Half {...before} />}
        itemTwo={<Half {...after} isAfter />}
      />
    </Mount>
  );
}

function Half({ src, name, place, isAfter = false }: Side & { isAfter?: boolean }) {
  return (
    <div className={classes.half} data-after={isAfter || undefined}>
      <img className={classes.image} style={place} src={src} alt={name} decoding="async" />
      <span className={classes.name} aria-hidden="true">
        {name}
      </span>
    </div>
  );
}

// The slider has styles of its own, which go before those of a class.
const FILLING: CSSProperties = { position: "absolute", inset: 0 };
const BUTTON: CSSProperties = {
  width: 40,
  height: 40,
  backdropFilter: "none",
  background: "rgb(16 21 19 / 72%)",
};
const LINES: CSSProperties = { width: 2 };
