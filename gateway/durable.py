"""Files in a folder that are whole or absent, whatever is cut off and when."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from uuid import uuid4

_INCOMING = "incoming"
_PIECE_BYTES = 1024 * 1024


def write(root: Path, key: str, content: bytes | Path) -> None:
    """Replaces the file `key` below `root`; on return it survives a power cut. Raises OSError."""
    incoming = root / _INCOMING
    incoming.mkdir(exist_ok=True)
    fresh = incoming / uuid4().hex
    place = root / key
    try:
        _fill(fresh, content)
        _move(fresh, place)
    finally:
        fresh.unlink(missing_ok=True)
    for folder in place.parents:
        _flush_folder(folder)
        if folder == root:
            break


def sweep(root: Path, before_s: float) -> None:
    """Deletes what was begun before that time and never became whole."""
    for file in (root / _INCOMING).glob("*"):
        # Another gateway on the same folder may be as tidy.
        try:
            if file.stat().st_mtime < before_s:
                file.unlink()
        except FileNotFoundError:
            continue


def _fill(file: Path, content: bytes | Path) -> None:
    with file.open("xb") as target:
        if isinstance(content, Path):
            with content.open("rb") as source:
                shutil.copyfileobj(source, target, _PIECE_BYTES)
        else:
            target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _move(fresh: Path, place: Path) -> None:
    while True:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh.replace(place)
        except FileNotFoundError:
            if not fresh.exists():
                raise
            continue  # A deletion has just taken the empty folder away.
        return


def _flush_folder(folder: Path) -> None:
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return  # What was written is deleted again already.
    try:
        os.fsync(number)
    finally:
        os.close(number)
