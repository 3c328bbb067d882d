"""Which of a ticket's alternatives is worth most: one that is slower now, or a better one later. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from services.arbiter.bounds import lease_load_s, run_s
from services.arbiter.demands import Alternative
from services.arbiter.leases import State
from services.arbiter.policy import View
from services.arbiter.tickets import Ticket

# Seconds that somebody would wait for the best picture instead of one that nobody would take.
_QUALITY_S = 600.0
# No step down to save less than this many loads of the better one: it would hardly pay before the next step.
_HYSTERESIS_LOADS = 1.5
_HANDOVER_S = 1.0  # Until an idle worker is gone.


@dataclass(frozen=True, slots=True)
class _Price:
    """What an alternative costs until its picture is there, in seconds that a user would give for it."""

    alternative: Alternative
    wait_s: float
    load_s: float
    total_s: float


def choose(ticket: Ticket, view: View, unknown_run_s: float) -> Alternative:
    """Returns the alternative to serve or to wait for: the best one, unless waiting for it costs more.

    Of those that fit now none is passed over: their order is what was asked for. Who has run out of patience
    gets the best of them, if there is any.
    """
    alternatives = ticket.alternatives
    if len(alternatives) == 1:
        return alternatives[0]
    if view.now_s >= ticket.patience_s:
        fitting = (a for a in alternatives if _wait_s(a, ticket, view, unknown_run_s) == 0.0)
        if (first := next(fitting, None)) is not None:
            return first
    chosen, *others = _prices(ticket, view, unknown_run_s)
    for other in others:
        if chosen.wait_s == 0.0:
            break
        if other.total_s + _HYSTERESIS_LOADS * chosen.load_s < chosen.total_s:
            chosen = other
    return chosen.alternative


def _prices(ticket: Ticket, view: View, unknown_run_s: float) -> list[_Price]:
    best = ticket.alternatives[0]
    known_s = [s for a in ticket.alternatives if (s := _known_load_s(a, view)) is not None]
    best_run_s = run_s(best.profile, best.run_s, view, unknown_run_s)
    prices: list[_Price] = []
    for each in ticket.alternatives:
        load_s = _known_load_s(each, view)
        if load_s is None:
            load_s = max(known_s, default=0.0)
        its_run_s = run_s(each.profile, each.run_s, view, best_run_s * each.slowdown / best.slowdown)
        wait_s = _wait_s(each, ticket, view, unknown_run_s)
        total_s = wait_s + load_s + its_run_s + _QUALITY_S * each.quality_loss
        prices.append(_Price(each, wait_s, load_s, total_s))
    return prices


def _known_load_s(alternative: Alternative, view: View) -> float | None:
    learnt_s = view.habits.load_s(alternative.profile)
    return learnt_s if learnt_s is not None else alternative.load_s


def _wait_s(alternative: Alternative, ticket: Ticket, view: View, unknown_run_s: float) -> float:
    """Returns how long it takes at least until there is room; infinity when only an event can tell."""
    ledger = view.ledger
    placements = ledger.placements(alternative.charges)
    if any(ledger.fits(charges, ticket.key) and ledger.has_load_slot(charges) for charges in placements):
        return 0.0
    leases = ledger.leases.values()
    idle = {lease.token for lease in leases if lease.is_leaving or lease.state is State.RESIDENT}
    if any(ledger.fits(charges, ticket.key, idle) for charges in placements):
        return _HANDOVER_S
    # Who computes or loads now can be asked back when that is over.
    busy = [lease for lease in leases if lease.state in {State.ACTIVE, State.LOADING, State.OFFERED}]
    if not any(
        ledger.fits(charges, ticket.key, idle | {lease.token for lease in busy}) for charges in placements
    ):
        return inf
    ends_s = (
        lease.idle_s + run_s(lease.profile, None, view, unknown_run_s)
        if lease.state is State.ACTIVE
        else lease.granted_s + lease_load_s(lease, view)
        for lease in busy
    )
    return max(0.0, max(ends_s, default=view.now_s) - view.now_s) + _HANDOVER_S
