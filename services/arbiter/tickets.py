"""Who waits for memory, and who waits to compute."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.arbiter.demands import Alternative
from services.arbiter.leases import Key

AGE_PER_LEVEL_S = 60.0  # A level of priority is worth this much waiting, so that nobody waits for ever.
_NORMAL = 2


@dataclass(frozen=True, slots=True)
class Ticket:
    """A demand that waits for its grant."""

    id: str
    key: Key
    alternatives: tuple[Alternative, ...]
    priority: int
    enqueued_s: float
    deadline_s: float | None = None
    tenant: str = ""
    patience_s: float = math.inf  # From then on a busy model yields to it after its job, batch or not.
    wait_bound_s: float | None = None
    lack: str = ""  # Why the best of what was asked for is not among `alternatives`; empty when it is.

    @property
    def since_s(self) -> float:
        """When it began to wait, moved by its priority; without bytes it is in nobody's way."""
        return -math.inf if self.is_empty else effective_s(self.enqueued_s, self.priority)

    @property
    def least_bytes(self) -> int:
        """What it takes at least to begin to load, on the device where that is most."""
        return min(
            max((c.resident_bytes + c.load_extra_bytes for c in alternative.charges), default=0)
            for alternative in self.alternatives
        )

    @property
    def is_empty(self) -> bool:
        """Whether it asks for nothing and so need not wait for anybody."""
        return all(alternative.is_empty for alternative in self.alternatives)


@dataclass(frozen=True, slots=True)
class WaitingBegin:
    """A job that waits for its lease's device."""

    token: int
    job: str
    priority: int
    enqueued_s: float
    working_bytes: int = 0  # 0 keeps what was acquired.

    @property
    def since_s(self) -> float:
        """When it began to wait, moved by its priority."""
        return effective_s(self.enqueued_s, self.priority)


def effective_s(enqueued_s: float, priority: int) -> float:
    """Returns the time of arrival that a priority is worth; the smaller goes first."""
    return enqueued_s - (priority - _NORMAL) * AGE_PER_LEVEL_S


@dataclass(slots=True)
class Queue:
    """Tickets by effective age, and waiting jobs by lease."""

    tickets: dict[str, Ticket] = field(default_factory=dict[str, Ticket])
    begins: dict[tuple[int, str], WaitingBegin] = field(default_factory=dict[tuple[int, str], WaitingBegin])
    # What has come and gone since somebody looked: a long queue is not searched for it.
    came: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])
    deadlines: dict[str, float] = field(default_factory=dict[str, float])
    _by_key: dict[Key, set[str]] = field(default_factory=dict[Key, set[str]])
    _order: list[tuple[float, int, str]] = field(default_factory=list[tuple[float, int, str]])
    _places: dict[str, tuple[float, int, str]] = field(default_factory=dict[str, tuple[float, int, str]])
    _count: int = 0

    def add(self, ticket: Ticket) -> None:
        """Enters a ticket where its age belongs; among equals the first to come is first."""
        self._count += 1
        place = (ticket.since_s, self._count, ticket.id)
        insort(self._order, place)
        self._places[ticket.id] = place
        self.tickets[ticket.id] = ticket
        self._by_key.setdefault(ticket.key, set()).add(ticket.id)
        if ticket.deadline_s is not None:
            self.deadlines[ticket.id] = ticket.deadline_s
        self.came.append(ticket.id)

    def replace(self, ticket: Ticket) -> None:
        """Changes what is known of a ticket; it keeps its place."""
        self.tickets[ticket.id] = ticket

    def remove(self, id: str) -> Ticket:
        """Takes a ticket out and returns it."""
        del self._order[bisect_left(self._order, self._places.pop(id))]
        self.deadlines.pop(id, None)
        self.left.append(id)
        ticket = self.tickets.pop(id)
        mates = self._by_key[ticket.key]
        mates.discard(id)
        if not mates:
            del self._by_key[ticket.key]
        return ticket

    def in_order(self) -> Iterator[Ticket]:
        """Yields the tickets, the one that has waited longest first."""
        return (self.tickets[id] for _, _, id in self._order)

    def position(self, id: str) -> int:
        """The place of a ticket, from 1."""
        return bisect_left(self._order, self._places[id]) + 1

    def of(self, key: Key) -> list[Ticket]:
        """The tickets of one worker."""
        return [self.tickets[id] for id in self._by_key.get(key, ())]

    def holders(self) -> Iterable[Key]:
        """The workers that have tickets."""
        return self._by_key.keys()

    def begins_of(self, token: int) -> list[WaitingBegin]:
        """The jobs that wait for one lease."""
        return [begin for begin in self.begins.values() if begin.token == token]
