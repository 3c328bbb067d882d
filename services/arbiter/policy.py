"""Which ticket is served next, and who makes room for it. Pure: it sees a view and returns a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.arbiter.demands import Alternative, Charge
from services.arbiter.leases import DOUBTFUL, Key, Lease, State
from services.arbiter.ledger import Ledger
from services.arbiter.tickets import Queue, Ticket


@dataclass(frozen=True, slots=True)
class View:
    """What a decision may depend on."""

    ledger: Ledger
    queue: Queue
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
    """Ask these leases back, because this ticket needs their bytes."""

    ticket: Ticket
    tokens: tuple[int, ...]


Decision = Grant | Vacate | None


class FirstComeFirstServed:
    """Serves tickets strictly in order of arrival; those that ask for no byte need not wait."""

    def decide(self, view: View) -> Decision:
        """Returns the next thing to do; None when nothing can be done before something else happens."""
        ready = [ticket for ticket in view.queue.tickets.values() if view.is_reachable(ticket.key)]
        for ticket in ready:
            if ticket.is_empty:
                return Grant(ticket, ticket.alternatives[0], ())
        return _serve(ready[0], view.ledger) if ready else None


def _serve(ticket: Ticket, ledger: Ledger) -> Decision:
    ways = [(a, charges) for a in ticket.alternatives for charges in ledger.placements(a.charges)]
    for alternative, charges in ways:
        if ledger.fits(charges, ticket.key) and ledger.has_load_slot(charges):
            return Grant(ticket, alternative, charges)
    for _, charges in ways:
        if (tokens := room(charges, ticket.key, ledger)) is not None:
            return Vacate(ticket, tokens) if tokens else None
    return None


def room(charges: tuple[Charge, ...], key: Key, ledger: Ledger) -> tuple[int, ...] | None:
    """Returns the leases to ask back so that `charges` fit, idle and least recently granted first.

    Those already on their way out count as gone; None when even all leases together would not make room.
    """
    devices = {charge.device for charge in charges}
    there = [lease for lease in ledger.leases.values() if lease.devices() & devices]
    gone = {lease.token for lease in there if _is_leaving(lease)}
    asked: list[int] = []
    for lease in _most_dispensable_first(there):
        if ledger.fits(charges, key, gone):
            break
        gone.add(lease.token)
        asked.append(lease.token)
    if not ledger.fits(charges, key, gone):
        return None
    return tuple(token for token in asked if _is_needed(token, gone, charges, key, ledger))


def _is_needed(token: int, gone: set[int], charges: tuple[Charge, ...], key: Key, ledger: Ledger) -> bool:
    if not ledger.fits(charges, key, gone - {token}):
        return True
    gone.discard(token)
    return False


def _is_leaving(lease: Lease) -> bool:
    if lease.state is State.QUARANTINED:
        return False
    return lease.draining or lease.state is State.UNLOADING or lease.state in DOUBTFUL


def _most_dispensable_first(leases: Iterable[Lease]) -> list[Lease]:
    rank = {State.RESIDENT: 0, State.ACTIVE: 1, State.LOADING: 2}
    willing = [lease for lease in leases if lease.state in rank and not lease.draining]
    return sorted(willing, key=lambda lease: (rank[lease.state], lease.resident_s))
