"""The home's notes of what was measured: a file for each device and set of library versions."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from limner.models import profiles as known
from limner.models.profiles import Profiles, Row, read_profiles


def read_notes(folder: Path, device: str, libraries: Mapping[str, str]) -> Profiles:
    """Returns what was noted of a device; nothing when nobody did, or when the file is torn."""
    try:
        return read_profiles((folder / known.file_name(device, libraries)).read_text())
    except (OSError, UnicodeDecodeError):
        return known.NONE


def note(folder: Path, device: str, libraries: Mapping[str, str], row: Row) -> None:
    """Adds a row, or replaces the one for the same; readers see all of it or nothing. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / known.file_name(device, libraries)
    with _alone(path.with_suffix(".lock")):
        before = read_notes(folder, device, libraries)
        named = replace(before, device=device, libraries=tuple(sorted(libraries.items())))
        draft = path.with_suffix(".new")
        draft.write_text(named.with_row(row).to_text())
        draft.replace(path)


@contextmanager
def _alone(path: Path) -> Generator[None]:
    """Waits until nobody else writes."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
