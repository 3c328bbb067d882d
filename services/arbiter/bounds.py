"""How long a ticket waits at most, from what is in front of it when it comes."""

from __future__ import annotations

from services.arbiter.leases import Lease, State
from services.arbiter.policy import View
from services.arbiter.tickets import Ticket


def ticket_load_s(ticket: Ticket, view: View) -> float:
    """How long the best tier of a ticket loads."""
    first = ticket.alternatives[0]
    return _load_s(first.profile, first.load_s, view)


def lease_load_s(lease: Lease, view: View) -> float:
    """How long a lease took to load, or would take again."""
    return _load_s(lease.profile, lease.load_s, view)


def _load_s(profile: str, predicted_s: float | None, view: View) -> float:
    """As learnt, or as predicted, or not worth mentioning."""
    learnt_s = view.habits.load_s(profile)
    return learnt_s if learnt_s is not None else predicted_s or 0.0


def run_s(profile: str, predicted_s: float | None, view: View, unknown_s: float) -> float:
    """How long a job of a profile runs: as predicted, or as learnt, or `unknown_s`."""
    learnt_s = view.habits.run_s(profile)
    return predicted_s if predicted_s is not None else learnt_s if learnt_s is not None else unknown_s


def older_work_s(ticket: Ticket, view: View, unknown_s: float) -> float:
    """Returns what everything older than `ticket` takes: jobs, and tickets with their swaps."""
    leases = view.ledger.leases
    running = [lease for lease in leases.values() if lease.state is State.ACTIVE]
    begins = [leases[b.token] for b in view.queue.begins.values() if b.since_s <= ticket.since_s]
    jobs_s = sum(run_s(lease.profile, None, view, unknown_s) for lease in (*running, *begins))
    older = [t for t in view.queue.in_order() if t.since_s <= ticket.since_s and t.id != ticket.id]
    loading = [lease for lease in leases.values() if lease.state in {State.OFFERED, State.LOADING}]
    tickets_s = sum(_ticket_s(t, view, unknown_s) for t in older)
    return jobs_s + tickets_s + sum(_lease_s(lease, view, unknown_s) for lease in loading)


def longest_swap_s(ticket: Ticket, view: View) -> float:
    """Returns the longest load that is known to be around."""
    loads = [lease_load_s(lease, view) for lease in view.ledger.leases.values()]
    return max([ticket_load_s(ticket, view), *loads])


def longest_run_s(ticket: Ticket, view: View, unknown_s: float) -> float:
    """Returns the longest job that is known to be around."""
    first = ticket.alternatives[0]
    runs = [run_s(lease.profile, None, view, unknown_s) for lease in view.ledger.leases.values()]
    return max([run_s(first.profile, first.run_s, view, unknown_s), *runs])


def _ticket_s(ticket: Ticket, view: View, unknown_s: float) -> float:
    first = ticket.alternatives[0]
    return ticket_load_s(ticket, view) + run_s(first.profile, first.run_s, view, unknown_s)


def _lease_s(lease: Lease, view: View, unknown_s: float) -> float:
    return lease_load_s(lease, view) + run_s(lease.profile, None, view, unknown_s)
