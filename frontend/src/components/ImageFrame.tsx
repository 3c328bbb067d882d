import type { CSSProperties } from "react";
import classes from "./ImageFrame.module.css";

interface ImageFrameProps {
  src: string | undefined;
  alt: string;
  width: number;
  height: number;
  /** Work is going on, so that an empty frame breathes. */
  busy?: boolean;
}

/** A picture on its mount, as large as its place allows; the frame has its final shape before the picture comes. */
export function ImageFrame({ src, alt, width, height, busy = false }: ImageFrameProps) {
  const shape = { "--ratio": width / height } as CSSProperties;
  return (
    <div className={classes.mount} style={shape}>
      <div className={classes.window} data-busy={busy || undefined}>
        {src && <img className={classes.image} src={src} alt={alt} />}
      </div>
    </div>
  );
}
