"""Where what was learnt meets what is asked: new tickets, waiting ones, quotes and leases. Pure."""

from __future__ import annotations

from dataclasses import replace

from services.arbiter.admission import explain_lack, never_fits
from services.arbiter.book import Book
from services.arbiter.demands import Alternative
from services.arbiter.leases import Lease


def corrected(alternatives: tuple[Alternative, ...], book: Book, now_s: float) -> tuple[Alternative, ...]:
    """Returns the alternatives with learnt charges in place of priors."""
    devices = book.ledger.devices
    return tuple(book.measures.sizing.sized(a, devices, now_s) for a in alternatives)


def refit(book: Book, now_s: float) -> None:
    """Gives waiting tickets what was learnt since they came; refuses those that can no longer be served."""
    moved = book.measures.sizing.take_moved()
    if not moved:
        return
    for ticket in list(book.queue.tickets.values()):
        if not any(alternative.profile in moved for alternative in ticket.alternatives):
            continue
        alternatives = corrected(ticket.alternatives, book, now_s)
        possible = tuple(a for a in alternatives if book.ledger.could_ever_fit(a.charges))
        if possible:
            lack = ticket.lack or explain_lack(book, alternatives, possible)
            book.queue.replace(replace(ticket, alternatives=possible, lack=lack))
        else:
            book.queue.remove(ticket.id)
            book.refuse(ticket.key, ticket.id, "NEVER_FITS", never_fits(book, alternatives))


def watch(book: Book, lease: Lease, observed_bytes: int) -> Lease:
    """Returns the lease as it is charged after one more look at what its worker holds."""
    raised = book.measures.watched(lease, observed_bytes, book.ledger)
    if raised is None:
        return lease
    book.charge(raised)
    book.note(
        "lease_raised",
        token=lease.token,
        holder=lease.key.holder,
        profile=lease.profile,
        charged_bytes=lease.total_bytes,
        observed_bytes=observed_bytes,
        reason="it holds more than it was granted",
    )
    return raised
