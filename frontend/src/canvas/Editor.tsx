import { type KeyboardEvent, type RefObject, useId, useRef, useState } from "react";
import { t } from "@/i18n";
import { Board } from "./Board";
import { BoxLayer } from "./BoxLayer";
import { BrushSize } from "./BrushSize";
import type { Box } from "./box";
import classes from "./Editor.module.css";
import type { Size } from "./geometry";
import type { Ink } from "./ink";
import { actionOf, LARGER_KEY, SMALLER_KEY, toolOf } from "./keys";
import { LayerList } from "./LayerList";
import { MaskLayer } from "./MaskLayer";
import type { Mark, Mask } from "./mask";
import { resized, type Tool } from "./pen";
import { Toolbar } from "./Toolbar";
import { useBoxGesture } from "./use-box-gesture";
import { useToggles } from "./use-toggles";
import { useViewport } from "./use-viewport";
import { frameOf } from "./viewport";

/** What a layer shows. */
export type Content =
  | { kind: "picture"; url: string; isSheer: boolean }
  | { kind: "painted"; mask: Mask; ink: Ink; feather_px: number }
  | { kind: "box"; box: Box };

export interface EditorLayer {
  id: string;
  name: string;
  note: string;
  /** As style sheets take it; none where it is a picture. */
  colour: string | null;
  content: Content;
}

interface EditorProps {
  label: string;
  paper: Size;
  /** The uppermost first. */
  layers: readonly EditorLayer[];
  selected: string | null;
  /** What the tools draw on: the selected layer, or a new one. */
  sheet: { mask: Mask; ink: Ink } | null;
  /** What the hand holds at first. */
  firstTool: Tool;
  undo: (() => void) | null;
  redo: (() => void) | null;
  onMark: (mark: Mark, tool: Tool) => void;
  onBox: (id: string, box: Box) => void;
  onSelect: (id: string | null) => void;
  onRemove: (id: string) => void;
}

const USUAL_SHARE = 0.16; // of the shorter side

/** One canvas for everything that is drawn over a picture. */
export function Editor(props: EditorProps) {
  const { paper, layers, selected, sheet, undo, redo, onMark, onSelect } = props;
  const shorter_px = Math.min(paper.width, paper.height);
  const [tool, setTool] = useState<Tool>(props.firstTool);
  const [diameter_px, setDiameter] = useState(Math.max(2, Math.round(USUAL_SHARE * shorter_px)));
  const hidden = useToggles();
  const locked = useToggles();
  const wet = useRef<HTMLCanvasElement>(null);
  const help = useId();
  const seen = useViewport(paper);
  const hand = useBoxGesture({ onChange: props.onBox, onSelect });
  const target = layers.find(({ id }) => id === selected);
  const isShut = target !== undefined && (locked.has(target.id) || hidden.has(target.id));
  const isPainted = target?.content.kind === "painted" && !isShut;
  const open = isShut ? null : sheet;
  const actions = {
    undo,
    redo,
    invert: isPainted ? () => onMark({ kind: "invert" }, tool) : null,
    clear: isPainted ? () => onMark({ kind: "clear" }, tool) : null,
    zoomIn: seen.zoomIn,
    zoomOut: seen.zoomOut,
    fit: seen.fit,
  };

  const press = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "text") return;
    const action = actionOf(event);
    const other = toolOf(event);
    if (action && actions[action]) actions[action]();
    else if (other) setTool(other);
    else if (event.key === LARGER_KEY) setDiameter((each) => resized(each, 1));
    else if (event.key === SMALLER_KEY) setDiameter((each) => resized(each, -1));
    else if (event.key === "Escape") onSelect(null);
    else return;
    event.preventDefault();
  };

  const boxes = layers.flatMap(({ id, name, colour, content }) =>
    content.kind === "box" && !hidden.has(id)
      ? [{ id, name, colour: colour ?? "", box: content.box, isLocked: locked.has(id) }]
      : [],
  );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys that bubble up from the canvas and its tools.
    <div className={classes.editor} onKeyDown={press} {...handlersOf(hand)}>
      <Toolbar tool={tool} onTool={setTool} actions={actions}>
        <BrushSize diameter_px={diameter_px} most_px={shorter_px} onChange={setDiameter} />
      </Toolbar>
      <div className={classes.body}>
        <Board
          label={props.label}
          describedBy={help}
          paper={paper}
          seen={seen}
          tool={tool}
          diameter_px={diameter_px}
          sheet={open}
          wet={wet}
          onMark={(mark) => onMark(mark, tool)}
          layers={
            <>
              {layers
                .filter(({ id }) => !hidden.has(id))
                .reverse()
                .map(({ id, content }) => (
                  <Drawn key={id} content={content} wet={id === selected ? wet : undefined} />
                ))}
              {open && !isPainted && (
                <MaskLayer key={layers.length} mask={open.mask} ink={open.ink} wet={wet} />
              )}
            </>
          }
        >
          <BoxLayer
            paper={paper}
            frame={frameOf(seen.view, paper)}
            boxes={boxes}
            selected={selected}
            hand={hand}
            onChange={props.onBox}
            onSelect={onSelect}
            onRemove={props.onRemove}
          />
        </Board>
        <LayerList
          layers={layers.map(({ content, ...layer }) => ({
            ...layer,
            isHidden: hidden.has(layer.id),
            isLocked: content.kind === "picture" ? null : locked.has(layer.id),
          }))}
          selected={selected}
          onSelect={onSelect}
          onHide={hidden.toggle}
          onLock={locked.toggle}
        />
      </div>
      <p id={help} className={classes.help}>
        {t(
          "Wheel or two fingers zoom, Space and dragging push it about. By keys: arrows move, Enter puts the tool down and lifts it, Alt takes away.",
        )}
      </p>
    </div>
  );
}

function handlersOf({ follow, finish, cancel }: ReturnType<typeof useBoxGesture>) {
  return { onPointerMove: follow, onPointerUp: finish, onPointerCancel: cancel };
}

interface DrawnProps {
  content: Content;
  wet: RefObject<HTMLCanvasElement | null> | undefined;
}

function Drawn({ content, wet }: DrawnProps) {
  if (content.kind === "painted") {
    const { mask, ink, feather_px } = content;
    return <MaskLayer mask={mask} ink={ink} feather_px={feather_px} wet={wet} />;
  }
  if (content.kind === "box") return null;
  return (
    <img
      src={content.url}
      alt=""
      draggable={false}
      // Lines are seen on dark and on light alike.
      style={content.isSheer ? { mixBlendMode: "difference" } : undefined}
    />
  );
}
