# pyright: standard
# Torch code.
from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from collections import namedtuple
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from services.pipelines.weights import cache as module
from services.pipelines.weights.cache import Cache

KEY = "painter-fp8"
WEIGHTS = {"a": torch.arange(12.0).view(3, 4), "b": torch.ones(5, dtype=torch.bfloat16)}


class Source:
    """Weights that count how often they are made."""

    def __init__(self) -> None:
        self.made = 0

    def __iter__(self) -> Iterator[tuple[str, torch.Tensor]]:
        self.made += 1
        yield from WEIGHTS.items()


def same(found: dict[str, torch.Tensor] | None) -> bool:
    return found is not None and all(torch.equal(found[name], each) for name, each in WEIGHTS.items())


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / KEY).iterdir())


def test_weights_are_made_once_and_mapped_afterwards(tmp_path: Path) -> None:
    source = Source()
    for _ in range(3):
        assert same(Cache(tmp_path / "cache").provide(KEY, source, 100))
    assert source.made == 1
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == [KEY, f"{KEY}.lock"]


def test_two_that_want_the_same_at_once_make_it_once(tmp_path: Path) -> None:
    source = Source()
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda _: Cache(tmp_path).provide(KEY, source, 100), range(4))
    assert all(map(same, found))
    assert source.made == 1


def test_large_weights_lie_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SHARD_BYTES", 40)
    assert same(Cache(tmp_path).provide(KEY, WEIGHTS.items(), 100))
    assert files(tmp_path) == ["00000.safetensors", "00001.safetensors", "manifest.json"]


def truncate(entry: Path) -> None:
    path = entry / "00000.safetensors"
    os.truncate(path, path.stat().st_size - 1)


def scribble(entry: Path) -> None:
    path = entry / "00000.safetensors"
    path.write_bytes(b"\xff" * path.stat().st_size)


def leave_out(entry: Path) -> None:
    (entry / "manifest.json").unlink()


def garble(entry: Path) -> None:
    (entry / "manifest.json").write_text("[1")


@pytest.mark.parametrize("spoil", [truncate, scribble, leave_out, garble])
def test_a_spoilt_cache_is_made_again(tmp_path: Path, spoil: object) -> None:
    source = Source()
    Cache(tmp_path).provide(KEY, source, 100)
    assert callable(spoil)
    spoil(tmp_path / KEY)
    assert same(Cache(tmp_path).provide(KEY, source, 100))
    assert same(Cache(tmp_path).provide(KEY, source, 100))
    assert source.made == 2


def die_while_writing(folder: Path) -> None:
    def tensors() -> Iterator[tuple[str, torch.Tensor]]:
        yield from WEIGHTS.items()
        os._exit(9)

    Cache(folder).provide(KEY, tensors(), 100)


def test_a_death_amid_writing_leaves_nothing_that_is_taken_for_weights(tmp_path: Path) -> None:
    dying = multiprocessing.get_context("spawn").Process(target=die_while_writing, args=(tmp_path,))
    dying.start()
    dying.join()
    assert dying.exitcode == 9
    assert (tmp_path / f"{KEY}.unfinished").exists()
    assert same(Cache(tmp_path).provide(KEY, WEIGHTS.items(), 100))
    assert not (tmp_path / f"{KEY}.unfinished").exists()


def test_without_room_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", ["total", "used", "free"])
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 1, 99))
    source = Source()
    assert Cache(tmp_path).provide(KEY, source, 100) is None
    assert source.made == 0


def test_a_disk_that_fills_meanwhile_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise module.SafetensorError("No space left on device (os error 28)")

    monkeypatch.setattr(module, "save_file", fail)
    assert Cache(tmp_path).provide(KEY, WEIGHTS.items(), 100) is None
    assert [path.name for path in tmp_path.iterdir()] == [f"{KEY}.lock"]


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert Cache(tmp_path / "file" / "cache").provide(KEY, WEIGHTS.items(), 100) is None


def test_what_nobody_used_for_long_goes_when_something_comes(tmp_path: Path) -> None:
    Cache(tmp_path).provide("old", WEIGHTS.items(), 100)
    Cache(tmp_path).provide("used", WEIGHTS.items(), 100)
    long_ago_s = time.time() - 61 * 86_400
    for name in ("old", "used"):
        os.utime(tmp_path / name, (long_ago_s, long_ago_s))
    Cache(tmp_path).provide("used", WEIGHTS.items(), 100)
    Cache(tmp_path).provide(KEY, WEIGHTS.items(), 100)
    assert not (tmp_path / "old").exists()
    assert (tmp_path / "used").exists()
