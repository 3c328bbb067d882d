from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tiling.blend import Floats, Shares, match_colour, window
from services.tiling.layout import Size, Tile, cover
from tests.tiling.covers import Case, cases


@given(cases())
def test_shares_sum_to_one_at_every_pixel(case: Case) -> None:
    plane = _fuse(case, [np.ones(case.tile[::-1], np.float32)] * len(case.tiles))
    assert abs(plane - 1).max() <= 1e-6


@given(cases())
def test_shares_are_the_windows_over_their_sum(case: Case) -> None:
    shares = Shares(case.tiles, case.size, case.overlap)
    total = np.zeros(case.size[::-1])
    for tile in case.tiles:
        total[tile.top : tile.bottom, tile.left : tile.right] += window(tile, case.size, case.overlap)
    for index, tile in enumerate(case.tiles):
        inside = total[tile.top : tile.bottom, tile.left : tile.right]
        expected = window(tile, case.size, case.overlap) / inside
        assert abs(shares.of(index) - expected).max() <= 1e-5


@given(cases())
def test_windows_are_positive_and_one_at_the_border_of_the_plane(case: Case) -> None:
    for tile in case.tiles:
        weights = window(tile, case.size, case.overlap)
        assert weights.shape == (tile.height, tile.width)
        assert weights.dtype == np.float32
        assert 0 < weights.min() <= weights.max() <= 1
        alone = [tile.left == 0, tile.top == 0, tile.right == case.size[0], tile.bottom == case.size[1]]
        if all(alone):
            assert weights.min() == 1


def test_a_window_falls_to_nearly_zero_towards_a_neighbour() -> None:
    across = window(Tile(32, 0, 64, 64), (128, 64), 16)[0]
    assert across[0] == across[-1] < 0.01
    assert (np.diff(across[:16]) > 0).all()
    assert (across[16:48] == 1).all()
    left, right = window(Tile(0, 0, 64, 64), (112, 64), 16), window(Tile(48, 0, 64, 64), (112, 64), 16)
    assert abs(left[:, 48:] + right[:, :16] - 1).max() <= 1e-6


@given(cases(), st.integers(0, 2**32 - 1))
def test_tiles_cut_from_a_plane_fuse_to_that_plane(case: Case, seed: int) -> None:
    plane = np.random.default_rng(seed).normal(size=(4, *case.size[::-1])).astype(np.float32)
    cut = [plane[:, tile.top : tile.bottom, tile.left : tile.right] for tile in case.tiles]
    assert abs(_fuse(case, cut) - plane).max() <= 1e-5


@pytest.mark.parametrize("tiles", [(1, 0), (0,), ()])
def test_tiles_which_are_no_whole_grid_are_refused(tiles: tuple[int, ...]) -> None:
    whole = cover((96, 64), (64, 64), 16)
    with pytest.raises(ValueError, match=r"take them from layout\.cover"):
        Shares([whole[index] for index in tiles], (96, 64), 16)


@pytest.mark.parametrize("drift", ["a tint", "a slope", "a vignette"])
@pytest.mark.parametrize("size", [(96, 96), (160, 64), (61, 97)])
def test_a_drift_of_colours_is_taken_back_and_added_detail_stays(drift: str, size: Size) -> None:
    reference, detail = _scene(size), _noise(size, 0.05)
    wanted = reference + detail
    drifted = wanted + _drift(drift, size)
    matched = match_colour(drifted, reference)
    assert np.abs(matched - wanted).mean() < np.abs(drifted - wanted).mean() / 4
    assert np.corrcoef((matched - reference).ravel(), detail.ravel())[0, 1] > 0.95


@given(st.floats(0, 1, width=32), st.floats(0, 1, width=32))
def test_flat_tiles_stay_flat(tile: float, reference: float) -> None:
    shape = (32, 48, 3)
    matched = match_colour(np.full(shape, tile, np.float32), np.full(shape, reference, np.float32))
    assert np.ptp(matched) < 1e-6
    assert 0 <= matched.min() <= matched.max() <= 1
    assert abs(matched.mean() - reference) <= max(0, abs(tile - reference) - 0.25) + 1e-6


def test_the_noise_of_a_nearly_flat_tile_is_not_amplified() -> None:
    tile, reference = 0.5 + _noise((64, 64), 0.001), _scene((64, 64))
    matched = match_colour(tile, reference)
    fine = matched[1:, 1:] - matched[:-1, :-1]
    assert fine.std() < 0.02 < (reference[1:, 1:] - reference[:-1, :-1]).std()


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_tile_that_matches_already_is_left_as_it_is(width: int, height: int) -> None:
    tile = np.random.default_rng(width).random((height, width, 3), np.float32)
    assert (match_colour(tile, tile) == tile).all()


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"tile is \(8, 9, 3\); .* \(8, 8, 3\)"):
        match_colour(np.zeros((8, 9, 3), np.float32), np.zeros((8, 8, 3), np.float32))


def _fuse(case: Case, values: list[Floats]) -> Floats:
    shares = Shares(case.tiles, case.size, case.overlap)
    plane = np.zeros((*values[0].shape[:-2], *case.size[::-1]), np.float32)
    for index, (tile, value) in enumerate(zip(case.tiles, values, strict=True)):
        plane[..., tile.top : tile.bottom, tile.left : tile.right] += shares.of(index) * value
    return plane


def _grid(size: Size) -> tuple[Floats, Floats]:
    across, down = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    return across.astype(np.float32), down.astype(np.float32)


def _drift(name: str, size: Size) -> Floats:
    across, down = _grid(size)
    flat = np.ones_like(across)
    drifts = {
        "a tint": np.stack([0.1 * flat, 0 * flat, -0.06 * flat], axis=-1),
        "a slope": 0.2 * (across - 0.5)[..., None],
        "a vignette": -0.2 * ((across - 0.5) ** 2 + (down - 0.5) ** 2)[..., None],
    }
    return drifts[name].astype(np.float32)


def _scene(size: Size) -> Floats:
    across, down = _grid(size)
    disc = (across - 0.4) ** 2 + (down - 0.5) ** 2 < 0.09
    return np.where(disc[..., None], (0.7, 0.35, 0.3), (0.3, 0.45, 0.6)).astype(np.float32)


def _noise(size: Size, deviation: float) -> Floats:
    return np.random.default_rng(0).normal(0, deviation, (*size[::-1], 3)).astype(np.float32)
