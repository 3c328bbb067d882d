from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.tiling.encoding import encode
from services.tiling.plane import Plane
from tests.tiling.pictures import TILES, fill, noise, open_canvas, run

DISK_BYTES = 128 * 1024


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 KiB, which holds all nine tiles but not the picture beside them."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.getuid() or _call("mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", disk):
        pytest.skip("Only root, outside a container, may mount.")
    yield disk
    assert _call("umount", disk) == 0


def test_a_tile_that_finds_no_room_is_an_error_and_those_before_stay(tiny_disk: Path) -> None:
    (tiny_disk / "ballast").write_bytes(bytes(DISK_BYTES - 5 * 12 * 1024))
    canvas = open_canvas(tiny_disk)
    with pytest.raises(OSError, match="No space left") as caught:
        fill(canvas)
    assert caught.value.errno == errno.ENOSPC
    finished = canvas.finished()
    assert finished == set(range(len(finished)))
    assert 0 < len(finished) < len(TILES)
    assert open_canvas(tiny_disk).finished() == finished
    (tiny_disk / "ballast").unlink()
    fill(canvas, range(len(finished), len(TILES)))
    assert canvas.finished() == set(range(len(TILES)))


def test_a_picture_that_finds_no_room_is_an_error_and_not_seen(tiny_disk: Path) -> None:
    canvas = fill(open_canvas(tiny_disk))
    before = sorted(tiny_disk.iterdir())
    for write in (canvas.assemble, lambda: canvas.enlarge((300, 220))):
        with pytest.raises(OSError, match="No space left"):
            write()
        assert sorted(tiny_disk.iterdir()) == before
    assert len(open_canvas(tiny_disk).finished()) == len(TILES)


@pytest.mark.parametrize("format", ["png", "jpeg", "webp"])
def test_a_file_that_finds_no_room_is_an_error_and_not_seen(
    tiny_disk: Path, tmp_path: Path, format: str
) -> None:
    plane = Plane.write(tmp_path / "plane.rgb", (400, 300), [noise(400, 300)])
    (tiny_disk / "ballast").write_bytes(bytes(DISK_BYTES - 8192))
    with pytest.raises(OSError, match="No space left"):
        encode(plane, tiny_disk / f"picture.{format}", format, {"parameters": "a cat"})
    assert [file.name for file in tiny_disk.iterdir()] == ["ballast"]


# Where nothing can be mounted, the largest size of a file is a disk's edge, too.
LIMITED = """
import resource, sys
from pathlib import Path
from services.tiling.plane import Plane
from tests.tiling.pictures import fill, open_canvas
folder = Path(sys.argv[1])
canvas = fill(open_canvas(folder))
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
for write in (canvas.assemble, lambda: canvas.encode(folder / "x.png", "png", {})):
    try:
        write()
    except OSError as error:
        print(error.errno)
print(*sorted(path.name for path in folder.iterdir()))
"""


def test_a_file_that_may_not_grow_is_an_error_and_not_seen(tmp_path: Path) -> None:
    first, second, names = run(LIMITED, tmp_path).stdout.splitlines()
    assert int(first) == int(second) == errno.EFBIG
    assert names.split() == [f"tile-{index:06}.rgb" for index in range(len(TILES))]


def _call(*command: object) -> int:
    return subprocess.run([*map(str, command)], capture_output=True, timeout=30, check=False).returncode
