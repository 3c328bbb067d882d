"""Converted weights on disk: made once for all processes of a host, and mapped by them."""

# pyright: standard
# Torch code.
from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from services.pipelines.weights import pages
from services.pipelines.weights.mapping import State, map_files
from services.rpc.errors import ModelUnreadable

log = structlog.get_logger(__name__)

# What is collected before it is written: so much lies in memory at most, beside one tensor.
_SHARD_BYTES = 2**30
# What was not used for so long belongs to a model that was replaced, or to an older library.
_KEPT_S = 60 * 86_400
# A manifest is written last: a folder without one was never finished.
_MANIFEST = "manifest.json"


class Cache:
    """Folders of converted weights, each complete or not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def provide(self, key: str, tensors: Iterable[tuple[str, torch.Tensor]], size_bytes: int) -> State | None:
        """Returns the tensors of `key` mapped, made from `tensors` if they are not there yet.

        None where the disk has no room for `size_bytes` or cannot be written; nothing is left there then.
        """
        entry = self._folder / key
        if (found := _read(entry)) is not None:
            return found
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(self._folder / f"{key}.lock"):
                if (found := _read(entry)) is not None:
                    return found
                shutil.rmtree(entry, ignore_errors=True)
                self._sweep(time.time())
                _check_space(self._folder, size_bytes)
                _write(entry, tensors)
                pages.trim_heap()
        except OSError as error:
            log.warning("weights are not cached", entry=key, reason=error.strerror or str(error))
            return None
        return _read(entry)

    def _sweep(self, now_s: float) -> None:
        """Removes what nobody used for long; who has it mapped keeps it until he ends."""
        for entry in self._folder.iterdir():
            if entry.is_dir() and now_s - entry.stat().st_mtime > _KEPT_S:
                shutil.rmtree(entry, ignore_errors=True)


def _read(entry: Path) -> State | None:
    """Maps an entry; None if there is none, or one that is spoilt."""
    try:
        listed: dict[str, int] = json.loads((entry / _MANIFEST).read_text())
        if any((entry / name).stat().st_size != size for name, size in listed.items()):
            raise ValueError("its files have other sizes than were written")
        found = map_files(entry / name for name in sorted(listed))
    except (OSError, ValueError, AttributeError, ModelUnreadable) as error:
        if entry.exists():
            log.warning("cached weights are spoilt", entry=entry.name, reason=str(error))
        return None
    with suppress(OSError):
        os.utime(entry)
    return found


def _write(entry: Path, tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
    """Writes a folder under another name, and renames it when all of it is on the disk."""
    unfinished = entry.with_name(f"{entry.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    try:
        sizes = {path.name: path.stat().st_size for path in _write_shards(unfinished, tensors)}
        (unfinished / _MANIFEST).write_text(json.dumps(sizes))
        for path in (unfinished / _MANIFEST, unfinished):
            _flush(path)
        unfinished.rename(entry)
        _flush(entry.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _write_shards(folder: Path, tensors: Iterable[tuple[str, torch.Tensor]]) -> Generator[Path]:
    collected: State = {}
    number = 0
    for name, tensor in tensors:
        collected[name] = tensor.contiguous()
        if sum(each.nbytes for each in collected.values()) >= _SHARD_BYTES:
            yield _save(folder / f"{number:05}.safetensors", collected)
            collected, number = {}, number + 1
    if collected:
        yield _save(folder / f"{number:05}.safetensors", collected)


def _save(path: Path, state: State) -> Path:
    try:
        save_file(state, path)
    except SafetensorError as error:
        # It hides the system's error in its own.
        raise OSError(errno.EIO, str(error)) from error
    _flush(path)
    return path


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check_space(folder: Path, size_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < size_bytes:
        raise OSError(
            errno.ENOSPC,
            f"{size_bytes // 10**6} MB are needed in {folder.name} and {free_bytes // 10**6} MB are free",
        )


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Holds a lock file, which stays: who removed it would give two processes a lock each."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
