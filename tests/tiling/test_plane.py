from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.tiling.layout import Size
from services.tiling.plane import BAND_ROWS, Plane, enlarge
from tests.tiling.pictures import Bytes, fill, noise, open_canvas, whole

SIDES = st.integers(1, 3 * BAND_ROWS)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 40), height=SIDES, larger=st.tuples(st.integers(1, 90), SIDES))
def test_a_plane_scaled_in_bands_is_the_plane_scaled_at_once(
    tmp_path: Path, width: int, height: int, larger: Size
) -> None:
    picture = noise(width, height)
    plane = Plane.write(tmp_path / "small.rgb", (width, height), [picture])
    scaled = enlarge(plane, larger, tmp_path / "large.rgb")
    assert _differ_by_rounding(whole(scaled), _at_once(picture, larger))


def test_a_canvas_enlarged_is_found_again(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path))
    enlarged = canvas.enlarge((304, 224))
    assert _differ_by_rounding(whole(enlarged), _at_once(whole(canvas.assemble()), (304, 224)))
    written_ns = enlarged.path.stat().st_mtime_ns
    assert open_canvas(tmp_path).enlarge((304, 224)).path.stat().st_mtime_ns == written_ns


@pytest.mark.parametrize("rows", [19, 21])
def test_bands_that_are_not_the_picture_are_refused_and_leave_nothing(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ValueError, match="a picture of 10×20 has 600"):
        Plane.write(tmp_path / "plane.rgb", (10, 20), [noise(10, rows)])
    assert not [*tmp_path.iterdir()]


def _at_once(picture: Bytes, size: Size) -> Bytes:
    wide = Image.fromarray(picture).resize((size[0], picture.shape[0]), Image.Resampling.LANCZOS)
    return np.asarray(wide.resize(size, Image.Resampling.LANCZOS))


def _differ_by_rounding(one: Bytes, other: Bytes) -> bool:
    """Pillow takes the place of a band in single precision, so that a tie may be rounded the other way."""
    return abs(one.astype(int) - other).max() <= 1
