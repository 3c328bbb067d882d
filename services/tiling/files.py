"""Files that are either whole or not there."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PART = ".part"  # the ending of a file that is being written


@contextmanager
def publish(path: Path) -> Generator[BinaryIO]:
    """Gives a file that takes the name `path` when all of it is on the disk; an error leaves nothing behind.

    A killed process may leave a file ending in `PART`.
    """
    part = path.with_name(path.name + PART)
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Makes a renaming outlive the machine's sudden end."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
