from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.tiling.layout import Size, Tile, cover, hops, native_size, surround
from tests.tiling.covers import Case, cases

SIDES = st.integers(1, 600).map(lambda grains: grains * 16)
SIZES = st.tuples(SIDES, SIDES)
FACTORS = st.floats(1.3, 8)


@given(cases())
def test_tiles_cover_every_pixel_and_nothing_else(case: Case) -> None:
    covered = np.zeros(case.size[::-1], bool)
    for tile in case.tiles:
        assert 0 <= tile.left <= tile.right <= case.size[0]
        assert 0 <= tile.top <= tile.bottom <= case.size[1]
        assert (tile.width, tile.height) == case.tile
        assert tile.left % case.grain == tile.top % case.grain == 0
        covered[tile.top : tile.bottom, tile.left : tile.right] = True
    assert covered.all()


@given(cases())
def test_tiles_come_in_rows_and_no_two_are_the_same(case: Case) -> None:
    places = [(tile.top, tile.left) for tile in case.tiles]
    assert places == sorted(set(places))
    assert places[0] == (0, 0)
    assert places[-1] == (case.size[1] - case.tile[1], case.size[0] - case.tile[0])


@given(cases())
def test_neighbours_overlap_by_what_was_asked(case: Case) -> None:
    for starts, length in _axes(case):
        assert all(right - left <= length - case.overlap for left, right in pairwise(starts))


@given(cases())
def test_there_are_as_few_tiles_as_possible_and_they_lie_evenly(case: Case) -> None:
    still = replace(case, shift=(0, 0))
    for (starts, length), plane in zip(_axes(still), case.size, strict=True):
        steps = [right - left for left, right in pairwise(starts)]
        longest = (length - case.overlap) // case.grain * case.grain
        assert len(starts) == 1 or (len(starts) - 2) * longest + length < plane
        assert max(steps, default=0) - min(steps, default=0) in (0, case.grain)


@given(cases())
def test_a_shift_moves_the_tiles_inside_and_keeps_those_at_the_borders(case: Case) -> None:
    still = replace(case, shift=(0, 0))
    for moved, rest, shift in zip(_axes(case), _axes(still), case.shift, strict=True):
        last = rest[0][-1]
        assert set(moved[0]) == {0, last} | {start + shift for start in rest[0] if start + shift < last}


def test_a_size_equal_to_the_tile_gives_one_tile() -> None:
    assert cover((64, 48), (64, 48), 16, shift=(16, 16), grain=16) == (Tile(0, 0, 64, 48),)


@pytest.mark.parametrize(
    ("size", "tile", "overlap", "shift", "grain", "said"),
    [
        ((63, 64), (64, 64), 16, (0, 0), 1, "size.width is 63; it must be at least the tile's 64"),
        ((64, 64), (64, 64), 64, (0, 0), 1, r"overlap is 64; it must be in \[0, 63\]"),
        ((64, 64), (64, 64), 50, (0, 0), 16, r"overlap is 50; it must be in \[0, 48\]"),
        ((64, 64), (64, 64), -1, (0, 0), 1, "overlap is -1"),
        ((64, 72), (64, 64), 16, (0, 0), 16, r"size.height is 72; .* \(try 64 or 80\)"),
        ((64, 64), (64, 8), 16, (0, 0), 16, r"tile.height is 8; .* \(try 16\)"),
        ((64, 64), (64, 64), 16, (48, 0), 1, r"shift.width is 48; it must be a multiple of 1 in \[0, 48\)"),
        ((64, 64), (64, 64), 16, (0, 8), 16, "shift.height is 8; it must be a multiple of 16"),
        ((64, 64), (64, 64), 16, (0, 0), 0, "grain is 0"),
    ],
)
def test_what_cannot_be_covered_is_refused_with_the_reason(
    size: Size, tile: Size, overlap: int, shift: Size, grain: int, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        cover(size, tile, overlap, shift=shift, grain=grain)


@given(SIZES, SIZES, FACTORS)
def test_hops_reach_the_target_and_none_is_too_long(one: Size, other: Size, factor: float) -> None:
    start, target = _ordered(one, other)
    assume(all(side * (factor - 1) >= 16 for side in start))
    way = hops(start, target, factor)
    assert way[-1:] == ((target,) if start != target else ())
    for before, after in pairwise((start, *way)):
        assert before != after
        for shorter, longer in zip(before, after, strict=True):
            assert shorter <= longer <= shorter * factor
            assert longer % 16 == 0


@given(SIZES, SIZES)
def test_no_way_with_fewer_hops_exists(one: Size, other: Size) -> None:
    start, target = _ordered(one, other)
    count = len(hops(start, target))
    if count:
        assert any(begin * 2 ** (count - 1) < end for begin, end in zip(start, target, strict=True))


@given(SIZES, st.integers(2, 9))
def test_hops_keep_the_shape_as_near_as_the_grain_allows(start: Size, growth: int) -> None:
    target = start[0] * growth, start[1] * growth
    for width, height in hops(start, target):
        # Both sides are within half a grain of one exact scale, but for the limits of the factor.
        scale_low = max((width - 16) / target[0], (height - 16) / target[1])
        scale_high = min((width + 16) / target[0], (height + 16) / target[1])
        assert scale_low < scale_high


def test_hops_in_common_sizes() -> None:
    assert hops((1024, 1024), (1024, 1024)) == ()
    assert hops((1024, 1024), (4096, 4096)) == ((2048, 2048), (4096, 4096))
    assert hops((1024, 512), (2880, 1440)) == ((1712, 864), (2880, 1440))
    assert hops((128, 64), (128, 256)) == ((128, 128), (128, 256))


@pytest.mark.parametrize(
    ("start", "target", "factor", "said"),
    [
        ((64, 80), (128, 64), 2.0, "start.height is 80; it must be at most target.height, 64"),
        ((64, 64), (128, 100), 2.0, r"target.height is 100; .* \(try 96 or 112\)"),
        ((0, 64), (128, 128), 2.0, "start.width is 0; it must be at least 1"),
        ((64, 64), (128, 128), 1.0, "factor is 1.0; it must be above 1"),
        ((64, 64), (128, 128), float("nan"), "factor is nan"),
        ((64, 64), (128, 128), 1.1, "factor is 1.1; it takes 64 to no larger multiple of 16"),
    ],
)
def test_hops_that_lead_nowhere_are_refused_with_the_reason(
    start: Size, target: Size, factor: float, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        hops(start, target, factor)


@given(SIZES)
def test_a_picture_begins_in_the_shape_of_the_target_and_not_beyond_it(target: Size) -> None:
    native = (1328, 1328)
    base = native_size(target, native)
    hops(base, target)  # base ≤ target, or it would be refused
    assert all(side % 16 == 0 for side in base)
    assert min(base) >= min(672, *target)
    if base != target:
        ratio = max(target) / min(target)
        assert abs(min(base) - min(min(target), max(1328 / ratio**0.5, 672))) < 16
        assert abs(max(base) / min(base) - ratio) <= 8.001 / min(base)


def test_native_sizes_of_common_targets() -> None:
    assert native_size((4096, 4096), (1328, 1328)) == (1328, 1328)
    assert native_size((3840, 2160), (1328, 1328)) == (1792, 1008)
    assert native_size((512, 256), (128, 128)) == (192, 96)
    assert native_size((1024, 768), (1328, 1328)) == (1024, 768)
    # 4:1 is the last shape of native area; a 16:1 panorama begins with four of them.
    assert native_size((8192, 2048), (1024, 1024)) == (2048, 512)
    assert native_size((16384, 1024), (1024, 1024)) == (8192, 512)
    assert native_size((4096, 256), (1024, 1024)) == (4096, 256)


def test_what_surrounds_a_tile_ends_with_the_plane() -> None:
    assert surround(Tile(32, 0, 64, 64), (256, 128), 16) == Tile(16, 0, 96, 80)
    assert surround(Tile(0, 0, 64, 64), (64, 64), 16) == Tile(0, 0, 64, 64)


def test_a_target_off_the_grain_is_refused() -> None:
    with pytest.raises(ValueError, match=r"target.width is 1000; .* \(try 992 or 1008\)"):
        native_size((1000, 1024), (1024, 1024))


def _axes(case: Case) -> tuple[tuple[list[int], int], tuple[list[int], int]]:
    """Returns where tiles begin, and their length, across and down."""
    tiles = case.tiles
    lefts = sorted({tile.left for tile in tiles})
    tops = sorted({tile.top for tile in tiles})
    assert len(tiles) == len(lefts) * len(tops)
    return (lefts, case.tile[0]), (tops, case.tile[1])


def _ordered(one: Size, other: Size) -> tuple[Size, Size]:
    """Returns the smaller and the larger of each side."""
    return (min(one[0], other[0]), min(one[1], other[1])), (max(one[0], other[0]), max(one[1], other[1]))
