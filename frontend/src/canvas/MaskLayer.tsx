import { useEffect, useRef } from "react";
import { type Colour, coloured, type Mask } from "./mask";

const OPACITY = 150;
const CLEAR: Colour = [0, 0, 0, 0];

/** A mask in one colour, to be laid over a picture; it fills what it lies in. */
export function MaskLayer({ mask, colour }: { mask: Mask; colour: Colour }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = mask;
  useEffect(() => {
    const [red, green, blue] = colour;
    const whole = { x: 0, y: 0, width, height };
    const rgba = coloured(mask, whole, (isInside) =>
      isInside ? [red, green, blue, OPACITY] : CLEAR,
    );
    canvas.current?.getContext("2d")?.putImageData(new ImageData(rgba, width, height), 0, 0);
  }, [mask, colour, width, height]);
  return <canvas ref={canvas} width={width} height={height} />;
}
