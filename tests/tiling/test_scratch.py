from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from services.tiling.scratch import KEPT_S, Scratch

NOW_S = 1_800_000_000.0


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "scratch", inline_limit_bytes=10)


def written(path: Path, age_s: float, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    for each in (path, path.parent, path.parent.parent):
        os.utime(each, (NOW_S - age_s, NOW_S - age_s))
    return path


def test_a_small_result_is_sent_and_a_large_one_named_by_its_digest(scratch: Scratch, tmp_path: Path) -> None:
    small = scratch.hand_over(written(tmp_path / "small.png", 0, b"0123456789"))
    assert (small.data, small.uri) == (b"0123456789", "")
    file = written(tmp_path / "large.png", 0, b"0123456789a")
    digest = hashlib.sha256(b"0123456789a").hexdigest()
    large = scratch.hand_over(file)
    assert (large.uri, large.sha256, large.WhichOneof("source")) == (f"sha256:{digest}", digest, "uri")
    assert (scratch.folder / "results" / digest).read_bytes() == b"0123456789a"
    assert not file.exists()


def test_what_nobody_came_back_for_in_a_day_is_deleted(scratch: Scratch) -> None:
    old, new = KEPT_S + 1, KEPT_S - 1
    forgotten = [written(scratch.folder / "a" / "tile", old), written(scratch.folder / "results" / "b", old)]
    wanted = [written(scratch.folder / "c" / "tile", new), written(scratch.folder / "results" / "d", new)]
    scratch.sweep(NOW_S)
    assert [path.exists() for path in (*forgotten, *wanted)] == [False, False, True, True]
    assert not (scratch.folder / "a").exists()


def test_an_unfinished_picture_with_one_new_tile_stays(scratch: Scratch) -> None:
    old = written(scratch.folder / "a" / "0" / "one", KEPT_S + 1)
    written(scratch.folder / "a" / "0" / "two", 0)
    os.utime(scratch.folder / "a", (0, 0))
    scratch.sweep(NOW_S)
    assert old.exists()


def test_a_service_that_never_worked_has_nothing_to_sweep(scratch: Scratch) -> None:
    scratch.sweep(NOW_S)
    assert not scratch.folder.exists()
