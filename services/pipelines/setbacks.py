"""In which tiers which jobs ran out of memory, remembered for a week, across restarts."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_KEPT_S = 7 * 24 * 3600.0
_MOST = 256


@dataclass(frozen=True, slots=True)
class Setback:
    """One tier that was given up."""

    kind: str  # of jobs: model, revision and size
    tier: str
    device: str
    how: str  # one sentence
    noted_s: float  # unix time


class Setbacks:
    """A small file; without a path, or when the disk refuses, they are known until the process ends."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._noted = _read(path) if path is not None else []

    def known(self, kind: str, devices: Collection[str], now_s: float) -> dict[str, str]:
        """Returns the tiers to leave out for such jobs, with how they ended: on every device there is."""
        fresh = [each for each in self._noted if each.kind == kind and now_s - each.noted_s < _KEPT_S]
        places: dict[str, set[str]] = {}
        for each in fresh:
            places.setdefault(each.tier, set()).add(each.device)
        return {each.tier: each.how for each in fresh if places[each.tier].issuperset(devices)}

    def note(self, setback: Setback) -> None:
        """Remembers one; what it replaces or what is too old goes."""
        place = (setback.kind, setback.tier, setback.device)
        others = [
            each
            for each in self._noted
            if (each.kind, each.tier, each.device) != place and setback.noted_s - each.noted_s < _KEPT_S
        ]
        self._noted = [*others, setback][-_MOST:]
        if self._path is not None:
            self._write(self._path)

    def _write(self, path: Path) -> None:
        fresh = path.with_suffix(".new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with fresh.open("w") as file:
                json.dump([asdict(each) for each in self._noted], file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            log.warning("setbacks not kept", path=str(path), error=str(error))


def _read(path: Path) -> list[Setback]:
    try:
        return [Setback(**each) for each in json.loads(path.read_text())]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        log.warning("setbacks unreadable", path=str(path), error=str(error), consequence="starts empty")
        return []
