import { type CSSProperties, type KeyboardEvent, type PointerEvent, useId } from "react";
import { t } from "@/i18n";
import classes from "./BoxLayer.module.css";
import { type Box, CORNERS, type Corner, cornerOpposite, movedBy, stretchedBy } from "./box";
import type { Frame, Size } from "./geometry";
import { boxOf, directionOf, type Gesture } from "./gesture";
import type { BoxGesture } from "./use-box-gesture";

export interface PlacedBox {
  id: string;
  name: string;
  /** Of the frame, and of the ground of the name, which is white. */
  colour: string;
  box: Box;
  isLocked: boolean;
}

interface BoxLayerProps {
  paper: Size;
  /** Where the paper lies. */
  frame: Frame;
  boxes: readonly PlacedBox[];
  selected: string | null;
  hand: BoxGesture;
  onChange: (id: string, box: Box) => void;
  onSelect: (id: string) => void;
  onRemove: (id: string) => void;
}

const STEP_PX = 8; // the finest that a model tells apart

/** Boxes over a picture, to be moved and resized by a pointer or by keys. */
export function BoxLayer(props: BoxLayerProps) {
  const { paper, frame, boxes, selected, hand, onChange, onSelect, onRemove } = props;
  const { gesture, draw, move } = hand;
  const help = useId();

  const press = (event: KeyboardEvent<HTMLElement>, { id, box, isLocked }: PlacedBox) => {
    if (isLocked) return;
    if (event.key === "Delete") {
      event.currentTarget.closest<HTMLElement>("[role=application]")?.focus(); // what has the focus goes
      return onRemove(id);
    }
    const direction = directionOf(event.key);
    if (!direction) return;
    event.preventDefault(); // the page does not scroll meanwhile
    event.stopPropagation();
    const by = {
      x: (direction.x * STEP_PX) / paper.width,
      y: (direction.y * STEP_PX) / paper.height,
    };
    onChange(id, event.shiftKey ? stretchedBy(box, by) : movedBy(box, by));
  };

  return (
    <div className={classes.paper} style={{ ...frame }} ref={hand.board}>
      <p id={help} hidden>
        {t("Arrow keys move it, with Shift they resize it, Delete removes it.")}
      </p>
      {boxes.map((item) => (
        <button
          key={item.id}
          type="button"
          className={classes.box}
          style={placed(boxAt(item, gesture), item.colour)}
          aria-label={item.name}
          aria-pressed={item.id === selected}
          aria-describedby={help}
          onClick={() => onSelect(item.id)}
          onPointerDown={(event) => !item.isLocked && move(event, item.id, item.box)}
          onKeyDown={(event) => press(event, item)}
        >
          <span className={classes.name}>{item.name}</span>
          {item.id === selected && !item.isLocked && (
            <Corners
              onGrab={(event, corner) => draw(event, item.id, cornerOpposite(item.box, corner))}
            />
          )}
        </button>
      ))}
    </div>
  );
}

interface CornersProps {
  onGrab: (event: PointerEvent, corner: Corner) => void;
}

function Corners({ onGrab }: CornersProps) {
  return CORNERS.map((corner) => (
    <span
      key={corner.x + corner.y}
      className={classes.corner}
      style={at(corner)}
      onPointerDown={(event) => onGrab(event, corner)}
    />
  ));
}

function boxAt({ id, box }: PlacedBox, gesture: Gesture | null): Box {
  return gesture?.id === id ? boxOf(gesture) : box;
}

function placed({ left, top, right, bottom }: Box, colour: string): CSSProperties {
  return {
    left: `${left * 100}%`,
    top: `${top * 100}%`,
    width: `${(right - left) * 100}%`,
    height: `${(bottom - top) * 100}%`,
    "--colour": colour,
  } as CSSProperties;
}

function at({ x, y }: Corner): CSSProperties {
  return {
    [x]: -7,
    [y]: -7,
    cursor: (x === "left") === (y === "top") ? "nwse-resize" : "nesw-resize",
  };
}
