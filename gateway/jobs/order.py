"""Which job starts next. Pure: no clock, no database."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice

# How long the first in line may be held back to avoid a model switch.
AGE_LIMIT_S = 60.0
# How far behind the first in line a job of a warm model is looked for: keeps the choice O(1) in a long queue.
_WINDOW = 64

Place = tuple[int, int, float, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What the order depends on."""

    id: str  # uuid7: sorts by age
    capability: str  # the service that can do it
    priority: int
    rank: float | None  # by hand; ranked jobs go before the others of their priority
    model: str | None
    created_at: float
    owner: str = ""

    @property
    def place(self) -> Place:
        """Sorts entries: priority, then hand order, then age."""
        return (-self.priority, 0 if self.rank is not None else 1, self.rank or 0.0, self.id)

    def must_precede(self, other: Entry) -> bool:
        """Tells whether somebody wants this one first; of age that is not said."""
        return self.place[:3] < other.place[:3]


class Line:
    """The jobs that wait, in order: one order for all, from which each service takes what it can do."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._places: defaultdict[str, list[Place]] = defaultdict(list)  # by capability
        self._owned: defaultdict[str, list[Place]] = defaultdict(list)  # by owner

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, job_id: str) -> bool:
        return job_id in self._entries

    def __iter__(self) -> Iterator[str]:
        return (place[-1] for place in merge(*self._places.values()))

    @property
    def capabilities(self) -> list[str]:
        """Those that jobs in line wait for."""
        return [name for name, places in self._places.items() if places]

    def add(self, entry: Entry) -> None:
        """Puts `entry` in its place; one of the same id is replaced."""
        self.discard(entry.id)
        self._entries[entry.id] = entry
        for places in self._lists_with(entry):
            insort(places, entry.place)

    def discard(self, job_id: str) -> None:
        """Takes a job out, if it is there."""
        entry = self._entries.pop(job_id, None)
        if entry is not None:
            for places in self._lists_with(entry):
                del places[bisect_left(places, entry.place)]

    def owned(self, owner: str) -> Iterator[str]:
        """Yields the jobs of an owner, in order."""
        return (place[-1] for place in self._owned.get(owner, ()))

    def position(self, job_id: str) -> int | None:
        """Returns 1 for the first in line, None for a job that is not in it."""
        ahead = self.ahead(job_id)
        return None if ahead is None else sum(ahead.values()) + 1

    def ahead(self, job_id: str) -> dict[str, int] | None:
        """Returns how many jobs of each capability are before this one, None for a job not in line."""
        entry = self._entries.get(job_id)
        if entry is None:
            return None
        return {name: bisect_left(places, entry.place) for name, places in self._places.items()}

    def first(self, capability: str) -> Entry | None:
        """Returns the job of a capability that is first in line."""
        places = self._places[capability]
        return self._entries[places[0][-1]] if places else None

    def take(self, job_id: str) -> Entry:
        """Takes a job that is in line out of it."""
        entry = self._entries[job_id]
        self.discard(job_id)
        return entry

    def choose(self, capability: str, warm: Container[str | None], now: float) -> str | None:
        """Returns the job that a service starts: its first, or one behind it that saves a model switch.

        Only jobs of the same priority and without hand order change places, and none is held back for longer
        than AGE_LIMIT_S.
        """
        places = self._places[capability]
        if not places:
            return None
        first = self._entries[places[0][-1]]
        if first.rank is not None or first.model in warm or now - first.created_at > AGE_LIMIT_S:
            return first.id
        for place in islice(places, 1, _WINDOW):
            entry = self._entries[place[-1]]
            if entry.priority != first.priority:
                break
            if entry.model in warm:
                return entry.id
        return first.id

    def _lists_with(self, entry: Entry) -> tuple[list[Place], list[Place]]:
        return self._places[entry.capability], self._owned[entry.owner]
