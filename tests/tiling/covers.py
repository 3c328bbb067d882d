"""Sizes, tiles and covers to draw from."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from services.tiling.layout import Size, Tile, cover


@dataclass(frozen=True)
class Case:
    """What `cover` is asked for; `tiles` is what it gives."""

    size: Size
    tile: Size
    overlap: int
    shift: Size
    grain: int

    @property
    def tiles(self) -> tuple[Tile, ...]:
        return cover(self.size, self.tile, self.overlap, shift=self.shift, grain=self.grain)


@st.composite
def cases(draw: st.DrawFn, grains: tuple[int, ...] = (1, 2, 3, 8, 16), most_steps: int = 4) -> Case:
    """Draws any tile of up to twelve grains a side, and planes of some such tiles, whole or not."""
    grain = draw(st.sampled_from(grains))
    tile = draw(_pairs(st.integers(1, 12), st.integers(1, 12)))
    overlap = draw(st.integers(0, (min(tile) - 1) * grain))
    steps = [(side * grain - overlap) // grain for side in tile]
    more = draw(_pairs(*(st.integers(0, step * most_steps) for step in steps)))
    shift = draw(_pairs(*(st.integers(0, (side * grain - overlap - 1) // grain) for side in tile)))
    return Case(
        size=((tile[0] + more[0]) * grain, (tile[1] + more[1]) * grain),
        tile=(tile[0] * grain, tile[1] * grain),
        overlap=overlap,
        shift=(shift[0] * grain, shift[1] * grain),
        grain=grain,
    )


def _pairs(one: st.SearchStrategy[int], other: st.SearchStrategy[int]) -> st.SearchStrategy[Size]:
    return st.tuples(one, other)
