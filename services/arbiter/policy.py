"""Which ticket is served next, and who makes room for it. Pure: it sees a view and returns a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from services.arbiter.demands import Alternative, Charge
from services.arbiter.habits import Habits
from services.arbiter.leases import Key
from services.arbiter.ledger import Ledger
from services.arbiter.tickets import Queue, Ticket


@dataclass(frozen=True, slots=True)
class View:
    """What a decision may depend on."""

    ledger: Ledger
    queue: Queue
    habits: Habits
    is_reachable: Callable[[Key], bool]
    now_s: float


@dataclass(frozen=True, slots=True)
class Grant:
    """Offer these bytes to this ticket."""

    ticket: Ticket
    alternative: Alternative
    charges: tuple[Charge, ...]


@dataclass(frozen=True, slots=True)
class Vacate:
    """Ask these leases back, because this ticket needs their bytes; `parked` ones do not finish their job."""

    ticket: Ticket
    tokens: tuple[int, ...]
    parked: frozenset[int] = frozenset()
    lacking_bytes: int = 0  # What would do of them together; 0: all that they hold.


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing before something happens, or before this time."""

    until_s: float | None = None


Decision = Grant | Vacate | Wait
Way = tuple[Alternative, tuple[Charge, ...]]


class Policy(Protocol):
    """Decides; may remember what it has decided, and nothing else."""

    def admit(self, ticket: Ticket, view: View) -> Ticket:
        """Returns a new ticket with what it is promised."""
        ...

    def decide(self, view: View) -> Decision:
        """Returns the next thing to do; it is asked again after every grant."""
        ...


def ways(ticket: Ticket, ledger: Ledger, only: Alternative | None = None) -> list[Way]:
    """Returns the ways to serve a ticket, best tier first, roomiest device first; or those of one tier."""
    alternatives = ticket.alternatives if only is None else (only,)
    return [(a, charges) for a in alternatives for charges in ledger.placements(a.charges)]


def way_that_fits(ticket: Ticket, ledger: Ledger, only: Alternative | None = None) -> Way | None:
    """Returns the best way that could start to load this instant."""
    for alternative, charges in ways(ticket, ledger, only):
        has_bytes = all(
            charge.resident_bytes + charge.load_extra_bytes <= ledger.free_bytes(charge.device)
            for charge in charges
        )
        if has_bytes and ledger.has_load_slot(charges) and ledger.fits(charges, ticket.key):
            return alternative, charges
    return None
