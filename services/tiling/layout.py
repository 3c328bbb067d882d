"""Where tiles lie, and over which sizes a picture grows. Pure; pixels or latents, as the caller likes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, inf

Size = tuple[int, int]  # width, height


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle inside a plane."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column after it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row after it."""
        return self.top + self.height

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom."""
        return self.left, self.top, self.right, self.bottom


def cover(size: Size, tile: Size, overlap: int, *, shift: Size = (0, 0), grain: int = 1) -> tuple[Tile, ...]:
    """Returns the fewest tiles of size `tile` that cover `size`: rows from the top, each from the left.

    Neighbours overlap by at least `overlap`, evenly up to the grain, of which every place is a multiple.
    A shift moves all seams: the tiles inside move by it, and one more at the border keeps the cover
    complete. Raises ValueError.
    """
    axes = [
        _places(name, size[axis], tile[axis], overlap, shift[axis], grain)
        for axis, name in enumerate(("width", "height"))
    ]
    return tuple(Tile(left, top, *tile) for top in axes[1] for left in axes[0])


def hops(start: Size, target: Size, factor: float = 2.0, grain: int = 16) -> tuple[Size, ...]:
    """Returns the fewest sizes from `start`, which is not among them, to `target`, which is the last.

    Each is at most `factor` times the one before in both directions, none is smaller than the one before,
    and all are multiples of `grain` in the aspect ratio of `target`, as near as the grain allows.
    Raises ValueError.
    """
    _check_hops(start, target, factor, grain)
    count = max(_count_hops(start[axis], target[axis], factor, grain) for axis in (0, 1))
    growth = max(target[0] / start[0], target[1] / start[1])
    sizes, before = list[Size](), start
    for left in reversed(range(count)):
        shrink = growth ** (-left / count)
        width, height = (
            _between(target[axis] * shrink, before[axis], target[axis], left, factor, grain)
            for axis in (0, 1)
        )
        before = width, height
        sizes.append(before)
    return tuple(sizes)


def native_size(target: Size, native: Size, grain: int = 16) -> Size:
    """Returns the size at which a picture begins: of the shape of `target`, of about the native area.

    Of the two lengths next to the ideal one that its short side can have, it takes the one that keeps the
    shape better: a base of another shape is stretched on the way, and squares with it. It is never larger
    than `target`. Nor is a side shorter than half of the shorter native one, as models lose the picture
    below: beyond 4:1 the short side stays there and the area grows instead of the shape changing, so that a
    16:1 picture begins with four native areas, which is to be tiled too. Raises ValueError.
    """
    _check_positive("grain", grain)
    for name, length in zip(("target.width", "target.height"), target, strict=True):
        _check_multiple(name, length, grain)
    shortest = _round_up(min(native) / 2, grain)
    short, long = sorted(target)
    ideal = min(short, max((native[0] * native[1] * short / long) ** 0.5, shortest))
    below = max(grain, int(ideal) // grain * grain)
    sides = [(side, _round_to(side * long / short, grain)) for side in (below, _round_up(ideal, grain))]
    best = min(sides, key=lambda each: (abs(each[1] / each[0] - long / short), abs(each[0] - ideal)))
    return best if target[0] <= target[1] else (best[1], best[0])


def surround(tile: Tile, size: Size, margin: int) -> Tile:
    """Returns `tile` with `margin` more on each side, as far as the plane of `size` reaches."""
    left, top = max(0, tile.left - margin), max(0, tile.top - margin)
    right, bottom = min(size[0], tile.right + margin), min(size[1], tile.bottom + margin)
    return Tile(left, top, right - left, bottom - top)


def _places(name: str, length: int, tile: int, overlap: int, shift: int, grain: int) -> tuple[int, ...]:
    """Returns where tiles begin along one direction."""
    longest_step = _check_axis(name, length, tile, overlap, shift, grain)
    last = length - tile
    steps = -(-last // longest_step)
    # Whole grains, spread by the rule of Bresenham: two steps differ by a grain at most.
    places = [step * (last // grain) // steps * grain for step in range(steps)]
    moved = [place + shift for place in places if place + shift < last]
    return tuple(sorted({0, *moved, last}))


def _check_axis(name: str, length: int, tile: int, overlap: int, shift: int, grain: int) -> int:
    """Returns the longest step from tile to tile; raises ValueError."""
    _check_positive("grain", grain)
    _check_multiple(f"tile.{name}", tile, grain)
    _check_multiple(f"size.{name}", length, grain)
    if length < tile:
        raise ValueError(
            f"size.{name} is {length}; it must be at least the tile's {tile}. Use smaller tiles."
        )
    longest_step = (tile - overlap) // grain * grain
    if overlap < 0 or longest_step <= 0:
        raise ValueError(
            f"overlap is {overlap}; it must be in [0, {tile - grain}] for a tile.{name} of {tile}."
        )
    if not 0 <= shift < tile - overlap or shift % grain:
        raise ValueError(
            f"shift.{name} is {shift}; it must be a multiple of {grain} in [0, {tile - overlap})."
        )
    return longest_step


def _check_hops(start: Size, target: Size, factor: float, grain: int) -> None:
    _check_positive("grain", grain)
    if not 1 < factor < inf:
        raise ValueError(f"factor is {factor}; it must be above 1 (try 2).")
    for name, begin, end in zip(("width", "height"), start, target, strict=True):
        _check_positive(f"start.{name}", begin)
        _check_multiple(f"target.{name}", end, grain)
        if begin > end:
            raise ValueError(f"start.{name} is {begin}; it must be at most target.{name}, {end}.")


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 1.")


def _check_multiple(name: str, value: int, grain: int) -> None:
    if value < grain or value % grain:
        below = value // grain * grain
        advice = f"{below} or {below + grain}" if below > 0 else f"{grain}"
        raise ValueError(f"{name} is {value}; it must be a positive multiple of {grain} (try {advice}).")


def _count_hops(start: int, target: int, factor: float, grain: int) -> int:
    count = 0
    while start < target:
        longer = _grow(start, factor, grain)
        if longer <= start:
            raise ValueError(
                f"factor is {factor}; it takes {start} to no larger multiple of {grain} (try 2)."
            )
        start, count = longer, count + 1
    return count


def _between(ideal: float, before: int, target: int, left: int, factor: float, grain: int) -> int:
    """Returns the multiple nearest to `ideal` from which `left` more hops reach the target."""
    least = target
    for _ in range(left):
        least = _round_up(least / Fraction(factor), grain)
    nearest = round(ideal / grain) * grain
    return min(max(nearest, least, _round_up(before, grain)), _grow(before, factor, grain), target)


def _grow(length: int, factor: float, grain: int) -> int:
    # In fractions: with floats, 100 / 1.1 * 1.1 may miss 100.
    return int(length * Fraction(factor)) // grain * grain


def _round_to(length: float, grain: int) -> int:
    return max(1, int(length / grain + 0.5)) * grain


def _round_up(length: float | Fraction, grain: int) -> int:
    return ceil(Fraction(length) / grain) * grain
