import classes from "./Chart.module.css";
import { BAR_PX, barsOf, HEIGHT_PX } from "./chart";
import { WORDS } from "./words";

interface ChartProps {
  title: string;
  /** What it comes to, in words. */
  summary: string;
  /** One a minute, the current one last. */
  values: readonly (number | null)[];
}

/** A row of bars over the last hour. */
export function Chart({ title, summary, values }: ChartProps) {
  const width_px = values.length * BAR_PX - 1;
  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span>{title}</span>
        <span className={classes.summary}>{summary}</span>
      </figcaption>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${width_px} ${HEIGHT_PX}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${summary}`}
      >
        {barsOf(values).map(({ x_px, y_px, height_px }) => (
          <rect key={x_px} x={x_px} y={y_px} width={BAR_PX - 1} height={height_px} />
        ))}
      </svg>
      <div className={classes.axis} aria-hidden>
        <span>{WORDS.hourAgo}</span>
        <span>{WORDS.now}</span>
      </div>
    </figure>
  );
}
