"""Who waits for memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.arbiter.demands import Alternative
from services.arbiter.leases import Key


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
    since_s: float
    working_bytes: int = 0  # 0 keeps what was acquired.


@dataclass(slots=True)
class Queue:
    """Tickets and waiting jobs, each in order of arrival."""

    tickets: dict[str, Ticket] = field(default_factory=dict[str, Ticket])
    begins: dict[tuple[int, str], WaitingBegin] = field(default_factory=dict[tuple[int, str], WaitingBegin])

    def of(self, key: Key) -> list[Ticket]:
        """The tickets of one worker."""
        return [ticket for ticket in self.tickets.values() if ticket.key == key]

    def begins_of(self, token: int) -> list[WaitingBegin]:
        """The jobs that wait for one lease."""
        return [begin for begin in self.begins.values() if begin.token == token]

    def restore(self, ticket: Ticket) -> None:
        """Puts a ticket whose offer was withdrawn back to where its age belongs."""
        self.tickets[ticket.id] = ticket
        self.tickets = dict(sorted(self.tickets.items(), key=lambda item: item[1].enqueued_s))

    def position(self, id: str) -> int:
        """The place of a ticket, from 1."""
        return list(self.tickets).index(id) + 1
