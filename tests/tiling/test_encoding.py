from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from services.pipelines.pixels import encode_png
from services.tiling.encoding import encode
from services.tiling.plane import BAND_ROWS, Plane
from tests.tiling.pictures import fill, noise, open_canvas, run, whole

TOLD = {
    "parameters": "a red circle – rot\nSteps: 20",
    "limner": '{"a": "ü"}',
    "Creation Time": "now",
    "empty": "",
}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 70), height=st.integers(1, 2 * BAND_ROWS + 9))
def test_a_png_has_the_pixels_of_the_plane(tmp_path: Path, width: int, height: int) -> None:
    picture = noise(width, height)
    plane = Plane.write(tmp_path / "plane.rgb", (width, height), [picture])
    encode(plane, tmp_path / "picture.png", "png", TOLD)
    with Image.open(tmp_path / "picture.png") as read:
        assert (np.asarray(read) == picture).all()
        assert read.mode == "RGB"


def test_a_png_tells_the_same_as_those_that_are_not_tiled(tmp_path: Path) -> None:
    plane = Plane.write(tmp_path / "plane.rgb", (8, 8), [noise(8, 8)])
    encode(plane, tmp_path / "picture.png", "png", TOLD)
    with (
        Image.open(tmp_path / "picture.png") as tiled,
        Image.open(io.BytesIO(encode_png(Image.fromarray(noise(8, 8)), TOLD))) as other,
    ):
        for picture in (tiled, other):
            picture.load()
        assert {key: tiled.info[key] for key in TOLD} == {key: other.info[key] for key in TOLD} == TOLD
        assert set(tiled.info) == {*TOLD, "dpi"}
        assert not tiled.getexif()


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_other_formats_tell_their_parameters_where_tools_look(tmp_path: Path, format: str) -> None:
    picture = np.full((40, 60, 3), (200, 120, 40), np.uint8)
    plane = Plane.write(tmp_path / "plane.rgb", (60, 40), [picture])
    encode(plane, tmp_path / "picture", format, TOLD)
    with Image.open(tmp_path / "picture") as read:
        assert read.format == format.upper()
        assert abs(np.asarray(read).astype(int) - picture).max() <= 4
        comment = read.getexif().get_ifd(0x8769)[0x9286]
    assert comment == b"UNICODE\0" + TOLD["parameters"].encode("utf-16-be")


def test_a_canvas_writes_what_it_shows(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path / "canvas"))
    canvas.encode(tmp_path / "picture.png", "png", {})
    with Image.open(tmp_path / "picture.png") as read:
        assert (np.asarray(read) == whole(canvas.assemble())).all()


@pytest.mark.parametrize(
    ("size", "format", "said"),
    [
        (
            (16384, 1),
            "webp",
            "format is webp, which holds at most 16383 pixels a side; the picture is 16384×1",
        ),
        ((1, 65501), "jpeg", "format is jpeg, which holds at most 65500"),
        ((8, 8), "gif", "format is 'gif'; it must be one of png, jpeg, webp"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(
    tmp_path: Path, size: tuple[int, int], format: str, said: str
) -> None:
    plane = Plane.write(tmp_path / "plane.rgb", size, [noise(*size)])
    with pytest.raises(ValueError, match=said):
        encode(plane, tmp_path / "picture", format, {})
    assert not (tmp_path / "picture").exists()


def test_the_widest_webp_is_written(tmp_path: Path) -> None:
    plane = Plane.write(tmp_path / "plane.rgb", (16383, 2), [noise(16383, 2)])
    encode(plane, tmp_path / "picture.webp", "webp", {})
    with Image.open(tmp_path / "picture.webp") as read:
        assert read.size == (16383, 2)


@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_the_memory_for_encoding_does_not_grow_with_the_height(tmp_path: Path, format: str) -> None:
    # Of the whole process: libvips allocates past Python, and what it maps counts, too.
    script = """
import resource, sys
from pathlib import Path
import numpy as np
from services.tiling.encoding import encode
from services.tiling.plane import Plane
folder, format, height = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
band = np.full((128, 2048, 3), 90, np.uint8)
plane = Plane.write(folder / "plane.rgb", (2048, height), (band for _ in range(height // 128)))
encode(plane, folder / "picture", format, {})
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    low, high = (int(run(script, tmp_path, format, height).stdout) for height in (2048, 8192))
    # Twelve MiB and forty-eight.
    assert high < low + 12 * 1024
