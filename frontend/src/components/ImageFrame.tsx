import type { CSSProperties, ReactNode } from "react";
import classes from "./ImageFrame.module.css";

interface ImageFrameProps {
  src: string | undefined;
  alt: string;
  width: number;
  height: number;
  /** Work is going on, so that an empty frame breathes. */
  busy?: boolean;
  /** Where in the frame the picture lies; it fills it if nothing is said. */
  place?: CSSProperties;
}

/** A picture on its mount, as wide as its place says; the frame has its final shape before the picture comes. */
export function ImageFrame({ src, alt, width, height, busy = false, place }: ImageFrameProps) {
  return (
    <Mount width={width} height={height} busy={busy}>
      {src && <img className={classes.image} style={place} src={src} alt={alt} decoding="async" />}
    </Mount>
  );
}

interface MountProps {
  width: number;
  height: number;
  busy?: boolean;
  children?: ReactNode;
}

/** The mount around whatever has the shape of a picture. */
export function Mount({ width, height, busy = false, children }: MountProps) {
  return (
    <div className={classes.mount}>
      <div
        className={classes.window}
        style={{ aspectRatio: width / height }}
        data-busy={busy || undefined}
      >
        {children}
      </div>
    </div>
  );
}
