import type { Frame, ScreenPoint, Size } from "./geometry";

/** How a paper is seen on a board: where its corner lies, in CSS pixels of the board, and how large its pixels are. */
export interface Viewport {
  left: number;
  top: number;
  /** CSS pixels that one pixel of the paper takes. */
  scale: number;
}

const SCALES = [0.02, 32] as const;
const MOST_FITTED = 8; // a small picture is enlarged, but its pixels stay smaller than a fingertip
const MARGIN_PX = 12;
const IN_SIGHT_PX = 48; // of the paper, wherever it is pushed

/** Shows the whole paper in the middle of the board. */
export function fitted(paper: Size, board: Size): Viewport {
  const room = (length_px: number) => Math.max(1, length_px - 2 * MARGIN_PX);
  const scale = Math.min(
    MOST_FITTED,
    room(board.width) / paper.width,
    room(board.height) / paper.height,
  );
  return {
    scale,
    left: (board.width - paper.width * scale) / 2,
    top: (board.height - paper.height * scale) / 2,
  };
}

/** The view enlarged by a factor; what lies under the point stays there. */
export function zoomedAt(view: Viewport, { x, y }: ScreenPoint, factor: number): Viewport {
  const scale = Math.min(SCALES[1], Math.max(SCALES[0], view.scale * factor));
  const growth = scale / view.scale;
  return { scale, left: x - (x - view.left) * growth, top: y - (y - view.top) * growth };
}

export function pannedBy(view: Viewport, by: ScreenPoint): Viewport {
  return { ...view, left: view.left + by.x, top: view.top + by.y };
}

/** Two fingers on the screen. */
export type Fingers = readonly [ScreenPoint, ScreenPoint];

/** The view after two fingers have moved: it goes along with them and grows as they part. */
export function pinched(view: Viewport, before: Fingers, after: Fingers): Viewport {
  const [from, to] = [middleOf(before), middleOf(after)];
  const moved = pannedBy(view, { x: to.x - from.x, y: to.y - from.y });
  return zoomedAt(moved, to, distanceOf(after) / Math.max(1, distanceOf(before)));
}

/** The view moved so that part of the paper stays on the board. */
export function inSight(view: Viewport, paper: Size, board: Size): Viewport {
  const kept = (start: number, length_px: number, board_px: number) =>
    Math.min(board_px - IN_SIGHT_PX, Math.max(IN_SIGHT_PX - length_px * view.scale, start));
  return {
    ...view,
    left: kept(view.left, paper.width, board.width),
    top: kept(view.top, paper.height, board.height),
  };
}

/** Where the paper lies on its board. */
export function frameOf({ left, top, scale }: Viewport, paper: Size): Frame {
  return { left, top, width: paper.width * scale, height: paper.height * scale };
}

function middleOf([one, other]: Fingers): ScreenPoint {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}

function distanceOf([one, other]: Fingers): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
