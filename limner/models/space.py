"""Disks: how much room there is, and what their refusals mean."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from limner.amounts import in_gb
from limner.models.failure import ModelFailure, Reason

_SPARE_PERCENT = 10
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}


def check_room(folder: Path, needed_bytes: int, free_bytes: int | None = None) -> None:
    """Makes sure that `needed_bytes` and a tenth more fit below `folder`. Raises ModelFailure."""
    free_bytes = shutil.disk_usage(folder).free if free_bytes is None else free_bytes
    wanted_bytes = needed_bytes * (100 + _SPARE_PERCENT) // 100
    if free_bytes < wanted_bytes:
        raise ModelFailure(
            Reason.NO_ROOM,
            f"The disk of {folder} has {_gb(free_bytes)} free, and {_gb(wanted_bytes)} are wanted "
            f"({_gb(needed_bytes)} and a tenth to spare); free {_gb(wanted_bytes - free_bytes)} there, or "
            "set LIMNER_HOME to a folder on another disk.",
        )


@contextmanager
def disk_refusals(folder: Path) -> Generator[None]:
    """Turns what a disk refuses below `folder` into ModelFailure."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            text = f"The disk of {folder} is full; free some space and ask again. What was fetched is kept."
            raise ModelFailure(Reason.NO_ROOM, text) from error
        if error.errno in _CLOSED:
            text = (
                f"{folder} cannot be written to ({(error.strerror or str(error)).lower()}); make it writable "
                "for this user, or set LIMNER_HOME to a folder that is."
            )
            raise ModelFailure(Reason.NOT_WRITABLE, text) from error
        raise


def _gb(size_bytes: int) -> str:
    # As disks are sold, and as the catalogue tells sizes.
    return in_gb(size_bytes) if size_bytes >= 1e8 else f"{size_bytes / 1e6:.1f} MB"
