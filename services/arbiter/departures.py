"""How offers, tickets and workers leave; on a card only when the driver shows the bytes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.arbiter.book import Book
from services.arbiter.leases import EDGES, Key, Lease, State
from services.arbiter.tickets import Ticket

TICKET_GRACE_S = 10.0  # How long a ticket keeps its place while its holder is away.
KILL_AFTER_S = 2.0  # Between SIGTERM and SIGKILL of a fenced worker.
RECLAIM_S = 30.0  # How long a driver may take to give a dead worker's bytes back.
_NEVER = float("inf")


class Departures:
    """Ends what is over."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def bury(self, key: Key, cause: str, now_s: float) -> None:
        """Frees what died with a worker; what a driver may still hold stays charged until it is seen back."""
        book = self._book
        book.withdraw_all(key)
        for ticket in book.queue.of(key):
            book.queue.remove(ticket.id)
        book.workers.get(key).is_connected, book.workers.get(key).is_settled = False, True
        for lease in book.ledger.held_by(key):
            if self._frees_at_death(lease):
                book.free(lease, cause, now_s)
            elif State.RECLAIMING in EDGES[lease.state]:
                book.charge(lease.moved(State.RECLAIMING))
        if book.ledger.held_by(key):
            book.fenced_s.pop(key, None)
            book.dead_s.setdefault(key, now_s)
        else:
            book.forget_worker(key)

    def reclaim(self, keys: Iterable[Key], now_s: float) -> None:
        """Frees what dead workers held, now that the driver shows it back."""
        for key in keys:
            for lease in self._book.ledger.held_by(key):
                self._book.free(lease, "died", now_s)
            self._book.forget_worker(key)

    def expire(self, now_s: float) -> None:
        """Ends what is due by now."""
        book = self._book
        for token in [token for token, offer in book.offers.items() if offer.due_s <= now_s]:
            ticket = book.withdraw(token, requeue=False)
            book.refuse(
                ticket.key,
                ticket.id,
                "STALE_TOKEN",
                f"Offer {token} was not confirmed in time; acquire again.",
            )
        for ticket in {t.id: t for t, due_s in self._mortal_tickets() if due_s <= now_s}.values():
            book.queue.remove(ticket.id)
            waited_s = round(now_s - ticket.enqueued_s, 1)
            message = (
                f"The ticket waited {waited_s} s in vain; its deadline has passed or its session has ended."
            )
            book.refuse(ticket.key, ticket.id, "VRAM_EXHAUSTED", message)
        for key in [key for key, since_s in book.fenced_s.items() if since_s + KILL_AFTER_S <= now_s]:
            book.fenced_s[key] = _NEVER
            book.kill(key, by_force=True)
        for key in [key for key, since_s in book.dead_s.items() if since_s + RECLAIM_S <= now_s]:
            self._quarantine(key)

    def due_s(self) -> Iterator[float]:
        """Yields the times at which `expire` has something to do."""
        book = self._book
        yield from (offer.due_s for offer in book.offers.values())
        yield from (since_s + KILL_AFTER_S for since_s in book.fenced_s.values() if since_s != _NEVER)
        yield from (since_s + RECLAIM_S for since_s in book.dead_s.values() if since_s != _NEVER)
        yield from (due_s for _, due_s in self._mortal_tickets())

    def _quarantine(self, key: Key) -> None:
        self._book.dead_s[key] = _NEVER
        for lease in self._book.ledger.held_by(key):
            if lease.state is State.RECLAIMING:
                self._book.charge(lease.moved(State.QUARANTINED))
                self._book.note(
                    "lease_quarantined", token=lease.token, holder=key.holder, bytes=lease.total_bytes
                )

    def _mortal_tickets(self) -> Iterator[tuple[Ticket, float]]:
        """Yields the tickets that end by time: those with a deadline, and those whose holder is away."""
        queue, workers = self._book.queue, self._book.workers.by_key
        for id, deadline_s in queue.deadlines.items():
            yield queue.tickets[id], deadline_s
        for key in queue.holders():
            worker = workers.get(key)
            if worker is not None and not worker.is_connected:
                yield from ((ticket, worker.lost_s + TICKET_GRACE_S) for ticket in queue.of(key))

    def _frees_at_death(self, lease: Lease) -> bool:
        devices = self._book.ledger.devices
        return all(id not in devices or devices[id].frees_at_death for id in lease.devices())
