"""What was learnt about profiles, kept across restarts and reboots. Losing it costs time, never safety."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import structlog

from services.arbiter.sizing import KEPT_PROFILES, KEPT_SAMPLES, Floor, Place, Sizing, Track, Usage

log = structlog.get_logger(__name__)

_FORMAT = 1


class Profiles:
    """One file; a crash at any moment leaves the old one or the new one.

    The arbiter's time plus `to_wall_s` is wall-clock time, in which the file is written.
    """

    def __init__(self, path: Path, to_wall_s: float) -> None:
        self._path, self._to_wall_s = path, to_wall_s
        self._kept_revision = 0
        self._turn = threading.Lock()  # The last writing may begin before a thread has ended the one before.

    def load(self) -> Sizing:
        """Returns what an earlier arbiter learnt; nothing, and a line in the log, if that is unreadable."""
        try:
            return Sizing(decode(self._path.read_bytes(), self._to_wall_s))
        except FileNotFoundError:
            return Sizing()
        except (OSError, ValueError) as error:
            log.warning(
                "profiles_unreadable", path=str(self._path), error=str(error), consequence="starts empty"
            )
            return Sizing()

    def keep(self, sizing: Sizing) -> None:
        """Writes what was learnt since the last time, if anything; may block.

        May be called from a thread: knowledge is only ever replaced. A disk that refuses is noted and tried
        again.
        """
        with self._turn:
            # The revision first: what is learnt meanwhile is then written once more, never forgotten.
            revision = sizing.revision
            if revision != self._kept_revision and self._write(encode(dict(sizing.usages), self._to_wall_s)):
                self._kept_revision = revision

    def _write(self, data: bytes) -> bool:
        fresh = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                # Else a power cut could leave the new name with none of its bytes.
                os.fsync(file.fileno())
            fresh.replace(self._path)
        except OSError as error:
            log.warning(
                "profiles_not_kept", path=str(self._path), error=str(error), consequence="tried again"
            )
            return False
        return True


def encode(usages: Mapping[Place, Usage], to_wall_s: float) -> bytes:
    """Returns `usages` as one line with its checksum and one of JSON."""
    shift_s = round(to_wall_s)
    rows = [[*place, *_usage_row(usage, shift_s)] for place, usage in usages.items()]
    body = json.dumps({"format": _FORMAT, "profiles": rows}, separators=(",", ":")).encode()
    return b"%08x\n%s\n" % (zlib.crc32(body), body)


def decode(data: bytes, to_wall_s: float) -> dict[Place, Usage]:
    """Returns what `encode` made into `data`; raises ValueError when it did not."""
    checksum, _, rest = data.partition(b"\n")
    body = rest.removesuffix(b"\n")
    if checksum != b"%08x" % zlib.crc32(body):
        raise ValueError("The checksum is wrong; the file is torn or was edited.")
    document = json.loads(body)
    if document["format"] != _FORMAT:
        raise ValueError(f"The format is {document['format']}; this arbiter reads {_FORMAT}.")
    shift_s = round(to_wall_s)
    rows: list[list[Any]] = document["profiles"][-KEPT_PROFILES:]
    return {(profile, device): _usage(row, shift_s) for profile, device, *row in rows}


def _usage_row(usage: Usage, shift_s: int) -> list[Any]:
    tracks = [
        [list(track.samples), track.charge_bytes, track.clean_runs] for track in (usage.resting, usage.peak)
    ]
    floors = [
        [floor.bytes, floor.expires_s + shift_s if floor.bytes else 0]
        for floor in (usage.load_floor, usage.peak_floor)
    ]
    return [*tracks, *floors]


def _usage(row: list[Any], shift_s: int) -> Usage:
    resting, peak, load_floor, peak_floor = row
    return Usage(_track(resting), _track(peak), _floor(load_floor, shift_s), _floor(peak_floor, shift_s))


def _track(row: list[Any]) -> Track:
    samples, charge_bytes, clean_runs = row
    return Track(tuple(samples[-KEPT_SAMPLES:]), charge_bytes, clean_runs)


def _floor(row: list[Any], shift_s: int) -> Floor:
    floor_bytes, expires_s = row
    return Floor(floor_bytes, expires_s - shift_s) if floor_bytes else Floor()
