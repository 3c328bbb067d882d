"""Time-limited batches: a warm model keeps its device for a while, so loads are rare and waits bounded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice

from services.arbiter.bounds import lease_load_s, longest_run_s, longest_swap_s, older_work_s, ticket_load_s
from services.arbiter.choice import choose
from services.arbiter.demands import Charge
from services.arbiter.eviction import Candidate, cheapest_cover
from services.arbiter.leases import Lease, State
from services.arbiter.parking import parks_from_s
from services.arbiter.policy import Decision, Grant, Vacate, View, Wait, Way, way_that_fits, ways
from services.arbiter.tickets import Ticket

_NEVER = float("inf")
_BACKFILL_WINDOW = 8  # Tickets behind the head that may be tried; more would cost more than it finds.


@dataclass(frozen=True, slots=True)
class Tempo:
    """How patient the policy is; the defaults are the design's."""

    batch_floor_s: float = 30.0
    batch_per_swap: float = 5.0  # Bounds the share of time lost to swaps under full backlog to 1 / 5.
    linger_s: float = 1.0  # After a job its front may be about to begin the next one.
    residency_loads: float = 2.0  # A model stays at least this many times its own load time …
    residency_cap_s: float = 10.0  # … but an idle one makes nobody wait longer than this.
    unknown_run_s: float = 10.0  # Stands for a job of unknown length that wants to overtake.


class TimeLimitedBatches:
    """Serves the longest waiting ticket; a busy resident model yields to it after its batch time."""

    def __init__(self, tempo: Tempo | None = None) -> None:
        self.tempo = tempo or Tempo()
        self._overtaken_s: dict[str, float] = {}
        self._situation: object = None
        self._patient_until_s = _NEVER

    def admit(self, ticket: Ticket, view: View) -> Ticket:
        """Promises a longest wait: older work, two batches, and what cannot be cut short."""
        if ticket.is_empty:
            return ticket
        unknown_s = self.tempo.unknown_run_s
        swap_s = longest_swap_s(ticket, view)
        batches_s = 2 * max(self.batch_s(ticket, view), self.tempo.batch_per_swap * swap_s)
        patience_s = older_work_s(ticket, view, unknown_s) + batches_s
        wait_bound_s = patience_s + 2 * longest_run_s(ticket, view, unknown_s) + 2 * swap_s
        return replace(ticket, patience_s=view.now_s + patience_s, wait_bound_s=wait_bound_s)

    def decide(self, view: View) -> Decision:
        """Returns the next grant, the next recall, or how long to wait."""
        ready = (ticket for ticket in view.queue.in_order() if view.is_reachable(ticket.key))
        most_free_bytes = view.ledger.most_free_bytes()
        head: Ticket | None = None
        for ticket in islice(ready, _BACKFILL_WINDOW):
            is_hopeless = ticket.least_bytes > most_free_bytes
            way = None if is_hopeless else self._way(ticket, view)
            if way is not None and (
                head is None or ticket.is_empty or self._may_overtake(ticket, way, head, view)
            ):
                self._overtaken_s.pop(ticket.id, None)
                return Grant(ticket, *way)
            head = head or ticket
        if head is None:
            self._overtaken_s.clear()
            return Wait()
        return self._blocked(head, view)

    def _way(self, ticket: Ticket, view: View) -> Way | None:
        """Returns the way to serve a ticket now, unless a better one is worth waiting for."""
        chosen = choose(ticket, view, self.tempo.unknown_run_s)
        return way_that_fits(ticket, view.ledger, chosen)

    def _ways(self, ticket: Ticket, view: View) -> list[Way]:
        return ways(ticket, view.ledger, choose(ticket, view, self.tempo.unknown_run_s))

    def batch_s(self, ticket: Ticket, view: View) -> float:
        """How long a busy model may keep its device although `ticket` waits."""
        return max(
            self.tempo.batch_floor_s,
            self.tempo.batch_per_swap * ticket_load_s(ticket, view),
        )

    def _blocked(self, head: Ticket, view: View) -> Decision:
        """Finds out who could make room, unless nothing has changed since there was nobody."""
        situation = (
            head,
            view.ledger.version,
            tuple(view.ledger.devices.values()),
            tuple(view.queue.begins),
        )
        if situation == self._situation and view.now_s < self._patient_until_s:
            return Wait(None if self._patient_until_s == _NEVER else self._patient_until_s)
        decision = self._make_room(head, view)
        self._situation = situation if isinstance(decision, Wait) else None
        if isinstance(decision, Wait):
            self._patient_until_s = _NEVER if decision.until_s is None else decision.until_s
        return decision

    def _make_room(self, head: Ticket, view: View) -> Decision:
        untils: list[float] = []
        for _, charges in self._ways(head, view):
            plan = self._plan(head, charges, view)
            if isinstance(plan, Vacate):
                return plan
            untils.append(plan)
        until_s = min(untils, default=_NEVER)
        return Wait(None if until_s == _NEVER else until_s)

    def _plan(self, head: Ticket, charges: tuple[Charge, ...], view: View) -> Vacate | float:
        """Returns whom to ask now, or when that may first succeed."""
        ledger = view.ledger
        devices = {charge.device for charge in charges}
        there = {lease.token: lease for id in devices for lease in ledger.on(id)}
        leaving = {token for token, lease in there.items() if lease.is_leaving}
        if not ledger.has_load_slot(charges):
            return _NEVER
        if leaving and ledger.fits(charges, head.key, leaving):
            return self._hurry(head, [there[token] for token in leaving], view)
        times = {t: self._free_from_s(lease, head, view) for t, lease in there.items() if t not in leaving}
        soonest_s = min((free_s for free_s in times.values() if free_s > view.now_s), default=_NEVER)
        willing = [there[token] for token, free_s in times.items() if free_s <= view.now_s]
        if not willing:
            return soonest_s
        candidates = [self._candidate(lease, devices, view) for lease in willing]
        shortfall_bytes = ledger.shortfall_bytes(charges, head.key, leaving)
        tokens = cheapest_cover(
            candidates, shortfall_bytes, lambda gone: ledger.fits(charges, head.key, leaving | gone)
        )
        if tokens is not None:
            unknown_s = self.tempo.unknown_run_s
            parked = (t for t in tokens if parks_from_s(there[t], head, view, unknown_s) <= view.now_s)
            lacking_bytes = ledger.lacking_bytes(charges, head.key, leaving) if len(tokens) == 1 else 0
            return Vacate(head, tokens, frozenset(parked), lacking_bytes)
        return soonest_s

    def _hurry(self, head: Ticket, leaving: list[Lease], view: View) -> Vacate | float:
        """Returns which of the leases that leave after their job shall leave before its end, or when."""
        unknown_s = self.tempo.unknown_run_s
        finishing = [lease for lease in leaving if not lease.is_parking]
        times = {lease.token: parks_from_s(lease, head, view, unknown_s) for lease in finishing}
        ready = tuple(token for token, from_s in times.items() if from_s <= view.now_s)
        return Vacate(head, ready, frozenset(ready)) if ready else min(times.values(), default=_NEVER)

    def _free_from_s(self, lease: Lease, head: Ticket, view: View) -> float:
        """Returns when `lease` may be asked back for `head`; never, as long as only an event can tell."""
        if lease.state not in {State.RESIDENT, State.ACTIVE}:
            return _NEVER
        # The model that yields will have to come back: its load is part of the price of the switch.
        batch_s = max(self.batch_s(head, view), self.tempo.batch_per_swap * lease_load_s(lease, view))
        begins = view.queue.begins_of(lease.token)
        if begins and min(begin.since_s for begin in begins) < head.since_s:
            return _NEVER
        if lease.state is State.ACTIVE or begins:
            batch_end_s = min(lease.resident_s + batch_s, max(head.patience_s, lease.resident_s))
            return min(batch_end_s, parks_from_s(lease, head, view, self.tempo.unknown_run_s))
        reload_s = lease_load_s(lease, view)
        settled_s = lease.resident_s + min(self.tempo.residency_loads * reload_s, self.tempo.residency_cap_s)
        # Whoever has loaded for a job may begin it; later its front lingers no longer than a load would take.
        has_served = lease.idle_s > lease.resident_s
        idle_s = lease.idle_s + (min(self.tempo.linger_s, reload_s) if has_served else self.tempo.linger_s)
        # A ticket that has waited for two batches does not wait for an idle model.
        return min(max(settled_s, idle_s), head.enqueued_s + 2 * batch_s)

    def _candidate(self, lease: Lease, devices: set[str], view: View) -> Candidate:
        is_busy = lease.state is State.ACTIVE or bool(view.queue.begins_of(lease.token))
        # A busy model has a use at hand, whatever its past says.
        pull = 1.0 if is_busy else view.habits.pull(lease.profile)
        bytes_there = sum(
            lease.bytes_on(id) + lease.context_on(id) + lease.extra_on(id) for id in lease.devices() & devices
        )
        return Candidate(lease.token, pull * lease_load_s(lease, view), bytes_there, lease.idle_s)

    def _may_overtake(self, ticket: Ticket, way: Way, head: Ticket, view: View) -> bool:
        """Tells whether `ticket` may start first: `head` keeps its bytes, and does not lose patience."""
        taken_s = ticket_load_s(ticket, view) + (way[0].run_s or self.tempo.unknown_run_s)
        total_s = self._overtaken_s.get(head.id, 0.0) + taken_s
        if total_s > 2 * self.batch_s(head, view):
            return False
        if not any(_fit_together(charges, way[1], head, view) for _, charges in self._ways(head, view)):
            return False
        self._overtaken_s[head.id] = total_s
        return True


def _fit_together(ours: tuple[Charge, ...], theirs: tuple[Charge, ...], head: Ticket, view: View) -> bool:
    """Tells whether both fit side by side once everybody else has left."""
    devices = {charge.device for charge in ours} & {charge.device for charge in theirs}
    others = {lease.token for id in devices for lease in view.ledger.on(id)}
    return not devices or view.ledger.fits((*ours, *theirs), head.key, others)
