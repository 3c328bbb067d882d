"""How the arbiter applies each request of a holder. Pure; every one may be repeated without harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.admission import admit_begin, admit_ticket, explain_lack
from services.arbiter.book import Book
from services.arbiter.demands import Charge
from services.arbiter.effects import LEASE_RESIDENT
from services.arbiter.learning import corrected, watch
from services.arbiter.leases import Key, Lease, State
from services.arbiter.ledger import OverCommitted
from services.arbiter.tickets import Ticket, WaitingBegin

_SHRINKABLE = frozenset({State.LOADING, State.RESIDENT, State.ACTIVE})


def answer(book: Book, key: Key, request: rq.Request, now_s: float) -> None:
    """Applies one request that is not a Hello."""
    _ANSWERS[type(request)](book, key, request, now_s)


def _beat(book: Book, key: Key, beat: rq.Beat, now_s: float) -> None:
    worker = book.workers.get(key)
    worker.beat_s, worker.observed_bytes = now_s, beat.observed_bytes
    for lease in book.ledger.held_by(key):
        seen = replace(lease, observed_bytes=beat.observed_bytes)
        book.ledger.put(seen)
        watch(book, seen, beat.observed_bytes)


def _acquire(book: Book, key: Key, acquire: rq.Acquire, now_s: float) -> None:
    known = {offer.ticket.id for offer in book.offers.values()} | book.queue.tickets.keys()
    acquire = replace(acquire, alternatives=corrected(acquire.alternatives, book, now_s))
    if acquire.ticket in known or not admit_ticket(book, key, acquire, now_s):
        return
    possible = tuple(a for a in acquire.alternatives if book.ledger.could_ever_fit(a.charges))
    enqueued_s = book.inherited_s.pop(key, now_s)
    ticket = Ticket(
        acquire.ticket,
        key,
        possible,
        acquire.priority,
        enqueued_s,
        acquire.deadline_s,
        acquire.tenant,
        lack=explain_lack(book, acquire.alternatives, possible),
    )
    book.queue.add(ticket)


def _confirm(book: Book, key: Key, confirm: rq.Confirm, now_s: float) -> None:
    lease = book.owned(key, confirm.token)
    if lease is None:
        return
    if lease.state is State.OFFERED:
        offer = book.offers.pop(lease.token)
        book.measures.confirmed(lease, book.ledger)
        book.charge(lease.moved(State.LOADING))
        waited_s = round(now_s - offer.ticket.enqueued_s, 3)
        book.note("lease_granted", token=lease.token, holder=key.holder, tier=lease.tier, waited_s=waited_s)
    book.send(key, rs.ConfirmAccepted(lease.token))


def _loaded(book: Book, key: Key, loaded: rq.Loaded, now_s: float) -> None:
    lease = book.owned(key, loaded.token)
    if lease is None or lease.state is not State.LOADING:
        return
    book.habits.loaded(lease.profile, now_s - lease.granted_s)
    resident = replace(lease.moved(State.RESIDENT), resident_s=now_s, idle_s=now_s)
    book.charge(replace(resident, observed_bytes=loaded.observed_bytes))
    book.measures.loaded(resident, loaded.observed_bytes, book.ledger)
    book.note(
        LEASE_RESIDENT,
        token=lease.token,
        holder=key.holder,
        service=book.workers.by_key[key].service,
        observed_bytes=loaded.observed_bytes,
    )


def _begin(book: Book, key: Key, begin: rq.Begin, now_s: float) -> None:
    lease = book.owned(key, begin.token)
    if lease is None:
        return
    if lease.state is State.ACTIVE and lease.job == begin.job:
        book.send(key, rs.BeginAccepted(lease.token, begin.job))
        return
    if not admit_begin(book, lease, begin):
        return
    waiting = WaitingBegin(lease.token, begin.job, begin.priority, now_s, begin.working_bytes)
    book.queue.begins.setdefault((lease.token, begin.job), waiting)


def _end(book: Book, key: Key, end: rq.End, now_s: float) -> None:
    lease = book.owned(key, end.token)
    if lease is None or book.queue.begins.pop((end.token, end.job), None):
        return
    if lease.state is State.ACTIVE and lease.job == end.job:
        if not lease.is_parking:
            book.habits.ran(lease.profile, now_s - lease.idle_s)
        book.measures.ended(lease, end.peak_bytes, book.ledger)
        lease = watch(book, lease, end.peak_bytes)
        idle = replace(lease.moved(State.RESIDENT), idle_s=now_s)
        book.charge(idle.with_working(idle.working_bytes) if idle.charges else idle)
        book.note("job_ended", token=lease.token, job=end.job, peak_bytes=end.peak_bytes)


def _resize(book: Book, key: Key, resize: rq.Resize, now_s: float) -> None:
    lease = book.owned(key, resize.token)
    if lease is None:
        return
    if len(lease.charges) != 1 or resize.resident_bytes < 0:
        message = (
            f"Lease {lease.token} cannot be resized to {resize.resident_bytes}; use 0 or more, on one device."
        )
        book.reject(key, lease.token, "INVALID_FIELDS", message)
        return
    charge = replace(lease.charges[0], resident_bytes=resize.resident_bytes)
    try:
        _change_charge(book, lease, charge)
    except OverCommitted:
        free_bytes = book.ledger.capacity_bytes(charge.device) - book.ledger.charged_bytes(charge.device)
        wanted_bytes = resize.resident_bytes
        message = f"Lease {lease.token} cannot grow to {wanted_bytes} bytes; {max(0, free_bytes)} are free."
        book.reject(key, lease.token, "VRAM_EXHAUSTED", message)
        return
    book.send(key, rs.ResizeAccepted(lease.token, resize.resident_bytes))


def _change_charge(book: Book, lease: Lease, charge: Charge) -> None:
    changed = replace(lease, charges=(charge,))
    if charge.resident_bytes > lease.charges[0].resident_bytes:
        if lease.draining or book.queue.tickets:
            # What is free is somebody else's, who waits.
            raise OverCommitted
        book.grow(changed)
        return
    if charge.resident_bytes < lease.charges[0].resident_bytes and lease.state in _SHRINKABLE:
        # It gave back what was asked for; who finds that too little asks again.
        changed = replace(changed, draining=False, is_parking=False)
        book.recalled_s.pop(lease.token, None)
    book.charge(changed)


def _release(book: Book, key: Key, release: rq.Release, now_s: float) -> None:
    lease = book.ledger.leases.get(release.token)
    if lease is not None and book.owned(key, release.token) is None:
        return
    if lease is not None:
        book.free(lease, "released", now_s)
    # Unknown is free: the first answer may have been lost.
    book.send(key, rs.ReleaseAccepted(release.token))


def _cancel(book: Book, key: Key, cancel: rq.Cancel, now_s: float) -> None:
    for token, offer in list(book.offers.items()):
        if offer.ticket.id == cancel.ticket and offer.ticket.key == key:
            book.withdraw(token, requeue=True)
    ticket = book.queue.tickets.get(cancel.ticket)
    if ticket is not None and ticket.key == key:
        book.queue.remove(cancel.ticket)
        book.note("ticket_cancelled", ticket=cancel.ticket, waited_s=round(now_s - ticket.enqueued_s, 3))


def _out_of_memory(book: Book, key: Key, report: rq.OutOfMemory, now_s: float) -> None:
    lease = book.owned(key, report.token)
    if lease is None:
        return
    book.measures.ran_out(lease, report.peak_bytes, report.requested_bytes, book.ledger, now_s)
    book.note(
        "out_of_memory",
        token=lease.token,
        profile=lease.profile,
        peak_bytes=report.peak_bytes,
        requested_bytes=report.requested_bytes,
    )


def _recall_reply(book: Book, key: Key, reply: rq.RecallReply, now_s: float) -> None:
    # A release may overtake the reply on its way, which then speaks of nothing.
    lease = book.ledger.leases.get(reply.token)
    if lease is None or lease.key != key:
        return
    if reply.is_yielding and lease.draining and lease.state in {State.RESIDENT, State.LOADING}:
        book.charge(lease.moved(State.UNLOADING))
    book.note("recall_answered", token=lease.token, is_yielding=reply.is_yielding, eta_s=reply.eta_s)


_ANSWERS: dict[type[Any], Callable[[Book, Key, Any, float], None]] = {
    rq.Beat: _beat,
    rq.Acquire: _acquire,
    rq.Confirm: _confirm,
    rq.Loaded: _loaded,
    rq.Begin: _begin,
    rq.End: _end,
    rq.Resize: _resize,
    rq.Release: _release,
    rq.Cancel: _cancel,
    rq.OutOfMemory: _out_of_memory,
    rq.RecallReply: _recall_reply,
}
