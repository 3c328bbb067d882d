import { type CSSProperties, type KeyboardEvent, type ReactNode, useId } from "react";
import classes from "./BoxBoard.module.css";
import { type Box, CORNERS, type Corner, cornerOpposite, movedBy, stretchedBy } from "./box";
import type { Size } from "./geometry";
import { boxOf, directionOf } from "./gesture";
import { useBoxGesture } from "./use-box-gesture";

export interface BoardBox {
  id: number;
  name: string;
  /** Of the frame, and of the ground of the name, which is white. */
  colour: string;
  box: Box;
}

interface BoxBoardProps {
  label: string;
  size: Size;
  boxes: readonly BoardBox[];
  selected: number | null;
  canDraw: boolean;
  onDraw: (box: Box) => void;
  onChange: (id: number, box: Box) => void;
  onSelect: (id: number) => void;
  onRemove: (id: number) => void;
  /** What lies below the boxes. */
  children?: ReactNode;
}

const STEP_PX = 8; // the finest that a model tells apart

/** A picture over which boxes are drawn, moved and resized, by a pointer or by keys. */
export function BoxBoard(props: BoxBoardProps) {
  const { label, size, boxes, selected, canDraw, onChange, onSelect, onRemove } = props;
  const { board, gesture, draw, move, follow, finish, cancel } = useBoxGesture(props);
  const help = useId();

  const press = (event: KeyboardEvent, { id, box }: BoardBox) => {
    if (event.key === "Delete") {
      board.current?.focus(); // what has the focus is about to go
      return onRemove(id);
    }
    const direction = directionOf(event.key);
    if (!direction) return;
    event.preventDefault(); // the page does not scroll meanwhile
    const by = {
      x: (direction.x * STEP_PX) / size.width,
      y: (direction.y * STEP_PX) / size.height,
    };
    onChange(id, event.shiftKey ? stretchedBy(box, by) : movedBy(box, by));
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be given the shape of a picture.
    <div
      ref={board}
      role="group"
      tabIndex={-1}
      aria-label={label}
      className={classes.board}
      style={{ aspectRatio: size.width / size.height }}
      data-drawable={canDraw || undefined}
      onPointerDown={(event) => canDraw && draw(event)}
      onPointerMove={follow}
      onPointerUp={finish}
      onPointerCancel={cancel}
    >
      {props.children}
      <p id={help} hidden>
        Arrow keys move it, with Shift they resize it, Delete removes it.
      </p>
      {boxes.map((item) => (
        <button
          key={item.id}
          type="button"
          className={classes.box}
          style={placed(gesture?.id === item.id ? boxOf(gesture) : item.box, item.colour)}
          aria-label={item.name}
          aria-pressed={item.id === selected}
          aria-describedby={help}
          onClick={() => onSelect(item.id)}
          onPointerDown={(event) => move(event, item.id, item.box)}
          onKeyDown={(event) => press(event, item)}
        >
          <span className={classes.name}>{item.name}</span>
          {item.id === selected &&
            CORNERS.map((corner) => (
              <span
                key={corner.x + corner.y}
                className={classes.corner}
                style={at(corner)}
                onPointerDown={(event) => draw(event, item.id, cornerOpposite(item.box, corner))}
              />
            ))}
        </button>
      ))}
      {gesture?.id === null && <span className={classes.draft} style={placed(boxOf(gesture))} />}
    </div>
  );
}

function placed({ left, top, right, bottom }: Box, colour?: string): CSSProperties {
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
    [x]: -6,
    [y]: -6,
    cursor: (x === "left") === (y === "top") ? "nwse-resize" : "nesw-resize",
  };
}
