from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.tiling.canvas import Canvas
from services.tiling.plane import Plane
from tests.tiling.covers import Case, cases
from tests.tiling.pictures import SIZE, TILES, Bytes, fill, noise, open_canvas, painted, whole


def test_a_finished_picture_is_seen_as_means_of_its_blocks(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path))
    seen = canvas.thumbnail(50, _flat(tmp_path, 7))
    picture = whole(canvas.assemble()).astype(float)
    assert seen.shape == (37, 50, 3)
    blocks = [
        [picture[y : y + 3, x : x + 3].mean(axis=(0, 1)) for x in range(0, 150, 3)] for y in range(0, 110, 3)
    ]
    assert abs(seen - np.array(blocks)).max() <= 1


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(grains=(1, 3)), max_px=st.integers(1, 80))
def test_a_constant_picture_is_seen_constant_at_every_stage(tmp_path: Path, case: Case, max_px: int) -> None:
    canvas = Canvas.open(tmp_path / "canvas", case.size, case.tiles, case.overlap, "constant")
    base = _flat(tmp_path, 90)
    for index in range(len(case.tiles)):
        seen = canvas.thumbnail(max_px, base)
        assert max(seen.shape[:2]) <= max_px
        assert (seen == 90).all()
        canvas.put(index, np.full((*case.tile[::-1], 3), 90, np.uint8))
    assert (canvas.thumbnail(max_px, base) == 90).all()


def test_the_base_is_seen_where_no_tile_is_finished(tmp_path: Path) -> None:
    canvas = open_canvas(tmp_path)
    base = _flat(tmp_path, 7)
    assert (canvas.thumbnail(SIZE[0], base) == 7).all()
    fill(canvas, [0])
    seen, first = canvas.thumbnail(SIZE[0], base), TILES[0]
    assert (seen[first.bottom :] == 7).all()
    assert (seen[:, first.right :] == 7).all()
    assert (seen[:8, :8] == painted()[0][:8, :8]).all()


@pytest.mark.parametrize("size", [(75, 55), (600, 440)])
def test_a_base_of_another_size_is_brought_to_that_of_the_view(tmp_path: Path, size: tuple[int, int]) -> None:
    halves = np.zeros((size[1], size[0], 3), np.uint8)
    halves[:, size[0] // 2 :] = 200
    base = Plane.write(tmp_path / "base.rgb", size, [halves])
    seen = open_canvas(tmp_path / "canvas").thumbnail(50, base)
    assert (seen[:, :25] == 0).all()
    assert (seen[:, 25:] == 200).all()


def test_a_larger_base_is_seen_as_its_means(tmp_path: Path) -> None:
    picture = noise(300, 220)
    base = Plane.write(tmp_path / "base.rgb", (300, 220), [picture])
    seen = open_canvas(tmp_path / "canvas").thumbnail(150, base)
    wanted = np.asarray(Image.fromarray(picture).reduce(2)).astype(int)
    assert abs(seen - wanted).max() <= 1


def test_another_view_is_as_if_it_were_the_first(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path / "canvas"), [0, 4])
    dark, light = _flat(tmp_path, 0), _flat(tmp_path, 255)
    views: list[Bytes] = [
        canvas.thumbnail(50, dark),
        canvas.thumbnail(50, light),
        canvas.thumbnail(30, light),
    ]
    again = open_canvas(tmp_path / "canvas")
    assert (again.thumbnail(30, light) == views[2]).all()
    assert (again.thumbnail(50, light) == views[1]).all()
    assert (again.thumbnail(50, dark) == views[0]).all()


def test_a_view_without_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="max_px is 0; it must be at least 1"):
        open_canvas(tmp_path / "canvas").thumbnail(0, _flat(tmp_path, 0))


def _flat(folder: Path, colour: int) -> Plane:
    pixels = np.full((11, 15, 3), colour, np.uint8)
    return Plane.write(folder / f"flat-{colour}.raw", (15, 11), [pixels])
