"""What is refused at once, with the numbers, instead of waiting for what cannot come."""

from __future__ import annotations

from collections.abc import Sequence

from limner.amounts import in_gb
from services.arbiter import requests as rq
from services.arbiter.book import Book
from services.arbiter.demands import Alternative, Charge
from services.arbiter.leases import Key, Lease, State

QUEUE_LIMIT, TENANT_LIMIT = 256, 32
_RETRY_S = 5.0
_LARGEST_BYTES = 1 << 56  # Beyond any machine; sums of such figures still fit the wire.
_LONGEST_S = 366 * 24 * 3600.0  # Of a prediction; the waits that follow from many of them still fit the wire.
_LARGEST_SLOWDOWN = 1e6
_NAME_CHARS, _PROFILE_CHARS = 128, 256  # They are kept in the ledger.
ALTERNATIVES_LIMIT = 16


def admit_ticket(book: Book, key: Key, acquire: rq.Acquire, now_s: float) -> bool:
    """Tells whether a ticket may wait; if not, its holder has been told why."""
    if fault := _fault(acquire):
        book.refuse(key, acquire.ticket, "INVALID_FIELDS", fault)
    elif not any(book.ledger.could_ever_fit(a.charges) for a in acquire.alternatives):
        book.refuse(key, acquire.ticket, "NEVER_FITS", never_fits(book, acquire.alternatives))
    elif not book.workers.get(key).is_provable and not all(a.is_empty for a in acquire.alternatives):
        message = (
            "Name the worker's pid or its locked lock_file in Hello; without them its death cannot be proved."
        )
        book.refuse(key, acquire.ticket, "PROTOCOL_VIOLATION", message)
    elif acquire.deadline_s is not None and acquire.deadline_s <= now_s:
        book.refuse(
            key, acquire.ticket, "VRAM_EXHAUSTED", "The ticket's deadline has already passed.", _RETRY_S
        )
    elif len(book.queue.tickets) >= QUEUE_LIMIT:
        message = f"{QUEUE_LIMIT} tickets wait already; try again later."
        book.refuse(key, acquire.ticket, "VRAM_EXHAUSTED", message, _RETRY_S)
    elif acquire.tenant and _waiting(book, acquire.tenant) >= TENANT_LIMIT:
        message = f"{TENANT_LIMIT} tickets of tenant {acquire.tenant!r} wait already; try again later."
        book.refuse(key, acquire.ticket, "VRAM_EXHAUSTED", message, _RETRY_S)
    else:
        return True
    return False


def _waiting(book: Book, tenant: str) -> int:
    return sum(ticket.tenant == tenant for ticket in book.queue.tickets.values())


def admit_begin(book: Book, lease: Lease, begin: rq.Begin) -> bool:
    """Tells whether a job may wait for its lease's device; if not, its holder has been told why."""
    if lease.draining or lease.state not in {State.RESIDENT, State.ACTIVE}:
        state = "being recalled" if lease.draining else lease.state
        reason = "STALE_TOKEN" if lease.draining else "PROTOCOL_VIOLATION"
        book.reject(
            lease.key,
            lease.token,
            reason,
            f"Lease {lease.token} is {state}; it cannot begin {begin.job[:_NAME_CHARS]!r}.",
        )
    elif len(begin.job) > _NAME_CHARS:
        message = f"job has {len(begin.job)} characters; it must have at most {_NAME_CHARS}."
        book.reject(lease.key, lease.token, "INVALID_FIELDS", message)
    elif not 0 <= begin.working_bytes <= (_LARGEST_BYTES if lease.charges else 0):
        message = (
            f"working_bytes is {begin.working_bytes}; it must be 0 to {_LARGEST_BYTES}, or 0 without memory."
        )
        book.reject(lease.key, lease.token, "INVALID_FIELDS", message)
    elif begin.working_bytes and not book.ledger.could_ever_fit(
        lease.with_working(begin.working_bytes).charges
    ):
        asked = (Alternative(lease.tier, lease.profile, lease.with_working(begin.working_bytes).charges),)
        book.reject(lease.key, lease.token, "NEVER_FITS", never_fits(book, asked))
    else:
        return True
    return False


def never_fits(book: Book, alternatives: Sequence[Alternative]) -> str:
    """Says how much the smallest alternative needs and how much there is, and what may help."""
    needed_bytes = min(alternative.peak_bytes for alternative in alternatives)
    capacity_bytes = max((device.limit_bytes for device in book.ledger.devices.values()), default=0)
    needed, capacity = in_gb(needed_bytes, 2), in_gb(capacity_bytes, 2)
    return (
        f"Needs {needed} on one device, and the largest has {capacity} to give; "
        "choose a smaller picture, another model or a lower tier."
    )


def explain_lack(book: Book, asked: Sequence[Alternative], possible: Sequence[Alternative]) -> str:
    """Says why the best tier asked for is not possible here; empty when it is."""
    best = asked[0]
    if any(alternative.tier == best.tier for alternative in possible):
        return ""
    least_bytes = min(a.peak_bytes for a in asked if a.tier == best.tier)
    capacity_bytes = max((device.limit_bytes for device in book.ledger.devices.values()), default=0)
    return f"{best.tier} needs {in_gb(least_bytes)}, and the device has {in_gb(capacity_bytes)} to give"


def _fault(acquire: rq.Acquire) -> str:
    if not acquire.ticket or len(acquire.ticket) > _NAME_CHARS:
        return f"ticket has {len(acquire.ticket)} characters; it must have 1 to {_NAME_CHARS}."
    if len(acquire.tenant) > _NAME_CHARS:
        return f"tenant has {len(acquire.tenant)} characters; it must have at most {_NAME_CHARS}."
    if not 1 <= len(acquire.alternatives) <= ALTERNATIVES_LIMIT:
        return (
            f"alternatives has {len(acquire.alternatives)} entries; it must have 1 to {ALTERNATIVES_LIMIT}."
        )
    if not 1 <= acquire.priority <= 3:
        return f"priority is {acquire.priority}; it must be 1 to 3, or 0 for the default."
    return next((fault for each in acquire.alternatives if (fault := alternative_fault(each))), "")


def alternative_fault(alternative: Alternative) -> str:
    """Says what is wrong with an alternative's names and figures; empty when nothing is."""
    for name, text, most in (
        ("tier", alternative.tier, _NAME_CHARS),
        ("profile", alternative.profile, _PROFILE_CHARS),
    ):
        if len(text) > most:
            return f"{name} has {len(text)} characters; it must have at most {most}."
    for name, span_s in (("load", alternative.load_s), ("run", alternative.run_s)):
        if span_s is not None and not 0 <= span_s <= _LONGEST_S:
            return f"{name} is {span_s:g} seconds; it must be 0 to {_LONGEST_S:g}, or absent."
    if not 0 <= alternative.quality_loss <= 1:
        return f"quality_loss is {alternative.quality_loss:g}; it must be 0 to 1."
    if not 0 < alternative.slowdown <= _LARGEST_SLOWDOWN:
        return f"slowdown is {alternative.slowdown:g}; it must be more than 0, at most {_LARGEST_SLOWDOWN:g}."
    return next((fault for charge in alternative.charges if (fault := _charge_fault(charge))), "")


def _charge_fault(charge: Charge) -> str:
    figures = {
        "resident_bytes": charge.resident_bytes,
        "working_bytes": charge.working_bytes,
        "load_extra_bytes": charge.load_extra_bytes,
        "context_bytes": charge.context_bytes,
    }
    for name, value in figures.items():
        if not 0 <= value <= _LARGEST_BYTES:
            return f"{name} is {value}; it must be 0 to {_LARGEST_BYTES}."
    return ""
