from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiling.pictures import TILES, fill, open_canvas, run


@pytest.fixture
def in_order(tmp_path: Path) -> bytes:
    """The picture, its tiles having come in order."""
    return fill(open_canvas(tmp_path / "in order")).assemble().path.read_bytes()


def test_a_canvas_goes_on_after_a_kill_and_ends_in_the_same_pixels(tmp_path: Path, in_order: bytes) -> None:
    folder = tmp_path / "killed"
    fill(open_canvas(folder), range(4))
    (folder / "tile-000004.rgb.part").write_bytes(b"half")
    (folder / "picture-0123.rgb.part").write_bytes(b"half")
    canvas = open_canvas(folder)
    assert canvas.finished() == {0, 1, 2, 3}
    assert not [*folder.glob("*.part")]
    fill(canvas, sorted(set(range(len(TILES))) - canvas.finished()))
    assert canvas.assemble().path.read_bytes() == in_order


def test_a_process_killed_while_it_writes_leaves_whole_tiles(tmp_path: Path, in_order: bytes) -> None:
    script = """
import os, sys
from pathlib import Path
from services.tiling import files
from tests.tiling.pictures import fill, open_canvas
canvas = fill(open_canvas(Path(sys.argv[1])), range(3))
files.os.fsync = lambda fd: os._exit(9)  # in the middle of writing
fill(canvas, [3])
"""
    assert run(script, tmp_path / "killed").returncode == 9
    assert [*(tmp_path / "killed").glob("*.part")]
    canvas = open_canvas(tmp_path / "killed")
    assert canvas.finished() == {0, 1, 2}
    assert fill(canvas, range(3, len(TILES))).assemble().path.read_bytes() == in_order


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda data: data[:-1],
    "empty": lambda _data: b"",
    "longer": lambda data: data + b"\0",
    "a flipped bit": lambda data: data[:-7] + bytes([data[-7] ^ 1]) + data[-6:],
    "another format": lambda data: b"PNG" + data[3:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tile_is_done_again_and_no_other(tmp_path: Path, in_order: bytes, damage: str) -> None:
    folder = tmp_path / "damaged"
    fill(open_canvas(folder))
    file = folder / "tile-000005.rgb"
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    canvas = open_canvas(folder)
    assert canvas.finished() == set(range(len(TILES))) - {5}
    assert not file.exists()
    assert fill(canvas, [5]).assemble().path.read_bytes() == in_order


def test_a_tile_in_the_place_of_another_is_done_again(tmp_path: Path) -> None:
    fill(open_canvas(tmp_path))
    (tmp_path / "tile-000001.rgb").write_bytes((tmp_path / "tile-000000.rgb").read_bytes())
    assert 1 not in open_canvas(tmp_path).finished()


def test_another_fingerprint_discards_everything(tmp_path: Path) -> None:
    canvas = fill(open_canvas(tmp_path, "a cat"))
    canvas.enlarge((200, 160))
    assert open_canvas(tmp_path, "a dog").finished() == frozenset()
    assert [*tmp_path.iterdir()] == []


def test_the_same_fingerprint_with_other_tiles_discards_everything(tmp_path: Path) -> None:
    fill(open_canvas(tmp_path))
    assert open_canvas(tmp_path, tile=(64, 50)).finished() == frozenset()


def test_what_was_assembled_is_kept_and_what_is_damaged_is_written_again(tmp_path: Path) -> None:
    plane = fill(open_canvas(tmp_path)).assemble()
    pixels, written_ns = plane.path.read_bytes(), plane.path.stat().st_mtime_ns
    assert open_canvas(tmp_path).assemble().path.stat().st_mtime_ns == written_ns
    plane.path.write_bytes(pixels[:-1])
    assert open_canvas(tmp_path).assemble().path.read_bytes() == pixels


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    open_canvas(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
