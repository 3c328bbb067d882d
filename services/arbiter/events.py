"""The last decisions, numbered, so that a watcher can resume where it was."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from services.arbiter.effects import LEASE_RESIDENT

_KEPT = 1024
# Revisions of a later start of the arbiter are larger than all before.
_REVISIONS_PER_EPOCH = 1 << 32


@dataclass(frozen=True, slots=True)
class Event:
    """One decision; a `reset` stands for those that are no longer kept."""

    revision: int
    at_wall_s: float
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    is_reset: bool = False


class Events:
    """Keeps a window of decisions and wakes those who follow it."""

    def __init__(self, epoch: int) -> None:
        self.revision = epoch * _REVISIONS_PER_EPOCH
        self.counts: Counter[str] = Counter()  # Of every decision since the start.
        self.loads: Counter[str] = Counter()  # Of models since the start, by service.
        self._loaded_s: deque[float] = deque(maxlen=_KEPT)  # When the latest were, by the wall clock.
        self._kept: deque[Event] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()

    def add(self, name: str, fields: Mapping[str, str], at_wall_s: float) -> None:
        """Enters a decision."""
        self.revision += 1
        self.counts[name] += 1
        if name == LEASE_RESIDENT:
            self.loads[fields["service"]] += 1
            self._loaded_s.append(at_wall_s)
        self._kept.append(Event(self.revision, at_wall_s, name, fields))
        self._news.set()
        self._news = asyncio.Event()

    def loads_since(self, at_wall_s: float) -> int:
        """Returns how many models were loaded since then, at most those that are kept."""
        return sum(loaded_s >= at_wall_s for loaded_s in self._loaded_s)

    async def follow(self, after: int, at_wall_s: float) -> AsyncIterator[Event]:
        """Yields every decision after a revision, for ever; a reset stands where some are lost."""
        after = after or self.revision
        while True:
            if after != self.revision and not self._has(after + 1):
                oldest = self._kept[0].revision - 1 if self._kept else self.revision
                after = oldest if after < oldest else self.revision
                yield Event(after, at_wall_s, is_reset=True)
            for event in [event for event in self._kept if event.revision > after]:
                yield event
                after = event.revision
            if after == self.revision:
                await self._news.wait()

    def _has(self, revision: int) -> bool:
        return bool(self._kept) and self._kept[0].revision <= revision <= self.revision
