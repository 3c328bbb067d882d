"""Counts how often programs came to an unwanted end, from what supervisord reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

_DOWN = frozenset({"BACKOFF", "EXITED", "FATAL"})


class Report(TypedDict):
    """The part of supervisord's process info that is used here."""

    name: str
    start: int  # Unix time of the last start; 0 before the first
    statename: str


@dataclass(frozen=True, slots=True)
class Crash:
    """A program has ended without being asked to."""

    program: str
    count: int  # since the studio started


class Crashes:
    """Remembers every start of every program; each start but the last one ended in a crash."""

    def __init__(self) -> None:
        self._starts: dict[str, set[int]] = {}
        self._counts: dict[str, int] = {}

    def observe(self, reports: Iterable[Report]) -> list[Crash]:
        """Returns the crashes that `reports` show for the first time."""
        return [crash for report in reports if (crash := self._observe(report)) is not None]

    def _observe(self, report: Report) -> Crash | None:
        name = report["name"]
        starts = self._starts.setdefault(name, set())
        if report["start"]:
            starts.add(report["start"])
        count = len(starts) - (report["statename"] not in _DOWN)
        if count <= self._counts.get(name, 0):
            return None
        self._counts[name] = count
        return Crash(name, count)
