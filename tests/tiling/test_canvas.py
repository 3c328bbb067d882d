from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.tiling.canvas import Canvas, Unfinished
from services.tiling.plane import BAND_ROWS
from tests.tiling.covers import Case, cases
from tests.tiling.pictures import SIZE, TILES, fill, noise, open_canvas, painted, run, whole

# Each example opens a folder of its own inside the test's.
FILES = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FILES
@given(order=st.permutations(range(len(TILES))), again=st.sets(st.integers(0, len(TILES) - 1)))
def test_any_order_of_tiles_gives_the_same_bytes(tmp_path: Path, order: list[int], again: set[int]) -> None:
    in_order = fill(open_canvas(tmp_path / "in order")).assemble().path.read_bytes()
    canvas = fill(open_canvas(tmp_path / "shuffled", f"{order} {again}"), [*order, *again])
    assert canvas.assemble().path.read_bytes() == in_order


@FILES
@given(case=cases(grains=(1, 3), most_steps=3), colour=st.integers(0, 255))
def test_a_constant_picture_stays_exactly_constant(tmp_path: Path, case: Case, colour: int) -> None:
    canvas = Canvas.open(tmp_path, case.size, case.tiles, case.overlap, f"colour {colour}")
    for index in range(len(case.tiles)):
        canvas.put(index, np.full((*case.tile[::-1], 3), colour, np.uint8))
    assert (whole(canvas.assemble()) == colour).all()
    assert canvas.assemble().size == case.size


@FILES
@given(case=cases(grains=(1, 3), most_steps=3), seed=st.integers(0, 99))
def test_tiles_cut_from_a_picture_give_back_that_picture(tmp_path: Path, case: Case, seed: int) -> None:
    picture = noise(*case.size, seed)
    canvas = Canvas.open(tmp_path, case.size, case.tiles, case.overlap, f"cut {seed}")
    for index, tile in enumerate(case.tiles):
        canvas.put(index, picture[tile.top : tile.bottom, tile.left : tile.right])
    assert (whole(canvas.assemble()) == picture).all()


def test_a_single_tile_is_the_picture_to_the_bit(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path, size=(64, 48)))
    assert len(canvas.tiles) == 1
    assert (whole(canvas.assemble()) == painted(canvas.tiles)[0]).all()


@FILES
@given(data=st.data())
def test_a_window_is_the_same_before_and_after_assembling(tmp_path: Path, data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, SIZE[0] - 1)), data.draw(st.integers(0, SIZE[1] - 1))
    box = left, top, data.draw(st.integers(left + 1, SIZE[0])), data.draw(st.integers(top + 1, SIZE[1]))
    canvas = fill(open_canvas(tmp_path))
    plane = canvas.assemble()
    assert (canvas.read(box) == plane.read(box)).all()
    assert (plane.read(box) == whole(plane)[box[1] : box[3], box[0] : box[2]]).all()


def test_a_picture_of_several_bands_is_the_same_as_its_windows(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path, size=(70, 2 * BAND_ROWS + 51), tile=(64, BAND_ROWS + 20)))
    assert (whole(canvas.assemble()) == canvas.read((0, 0, *canvas.size))).all()


def test_windows_are_read_as_soon_as_their_tiles_are_there(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path), [0])
    alone = TILES[0].width - 40, TILES[0].height - 40
    assert (canvas.read((0, 0, *alone)) == painted()[0][: alone[1], : alone[0]]).all()
    with pytest.raises(Unfinished, match=r"1 of 2 tiles in .* are missing; put tile 1 first"):
        canvas.read((0, 0, 60, 8))
    with pytest.raises(Unfinished):
        canvas.assemble()
    assert not [*tmp_path.glob("picture*")]


@pytest.mark.parametrize(
    ("index", "pixels", "said"),
    [
        (len(TILES), noise(64, 48), r"index is 9; it must be in \[0, 9\)"),
        (-1, noise(64, 48), "index is -1"),
        (2, noise(48, 64), r"pixels are uint8 \(64, 48, 3\); tile 2 must be uint8 \(48, 64, 3\)"),
        (2, np.zeros((48, 64, 3), np.float32), "pixels are float32"),
    ],
)
def test_what_is_no_tile_is_refused(tmp_path: Path, index: int, pixels: np.ndarray, said: str) -> None:
    canvas = open_canvas(tmp_path)
    with pytest.raises(ValueError, match=said):
        canvas.put(index, pixels)
    assert canvas.finished() == frozenset()


@pytest.mark.parametrize("box", [(0, 0, 151, 10), (-1, 0, 5, 5), (5, 5, 5, 9), (9, 9, 5, 12)])
def test_a_window_outside_is_refused(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    canvas = fill(open_canvas(tmp_path))
    for reader in (canvas, canvas.assemble()):
        with pytest.raises(ValueError, match="must lie inside 0, 0, 150, 110"):
            reader.read(box)


def test_the_memory_for_assembling_does_not_grow_with_the_height(tmp_path: Path) -> None:
    # The peak of a process of its own, and of numpy's and Python's allocations beside it.
    script = """
import resource, sys, tracemalloc
from pathlib import Path
import numpy as np
from tests.tiling.pictures import open_canvas
canvas = open_canvas(Path(sys.argv[1]), size=(512, int(sys.argv[2])), tile=(256, 256))
for index in range(len(canvas.tiles)):
    canvas.put(index, np.full((256, 256, 3), index % 256, np.uint8))
before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
tracemalloc.start()
canvas.assemble()
canvas.enlarge((600, int(sys.argv[2]) + 16))
peak = tracemalloc.get_traced_memory()[1]
print(peak, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib)
"""
    low, high = (run(script, tmp_path / height, height).stdout.split() for height in ("2048", "8192"))
    assert int(high[0]) < int(low[0]) * 1.2
    # The picture alone has 12 MiB; what is above the peak of before is a few bands.
    assert int(high[1]) < int(low[1]) + 4 * 1024
