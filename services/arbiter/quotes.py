"""Whether and when a demand would fit; binds nothing."""

from __future__ import annotations

from limner.arbiter.v1 import arbiter_pb2 as pb
from services.arbiter.book import Book
from services.arbiter.demands import Alternative
from services.arbiter.leases import Key, State

_SOMEBODY = Key("", "")


def quote(alternative: Alternative, book: Book) -> pb.AlternativeQuote:
    """Returns what the arbiter would say to `alternative` now."""
    ledger = book.ledger
    devices = [ledger.devices[c.device] for c in alternative.charges if c.device in ledger.devices]
    capacities = [device.limit_bytes for device in devices or ledger.devices.values()]
    return pb.AlternativeQuote(
        tier=alternative.tier,
        fit=_fit(alternative, book),
        needed_bytes=alternative.peak_bytes,
        capacity_bytes=max(capacities, default=0),
    )


def _fit(alternative: Alternative, book: Book) -> pb.Fit.ValueType:
    ledger = book.ledger
    if not ledger.could_ever_fit(alternative.charges):
        return pb.FIT_NEVER
    ways = ledger.placements(alternative.charges)
    if any(ledger.fits(charges, _SOMEBODY) and ledger.has_load_slot(charges) for charges in ways):
        return pb.FIT_NOW
    idle = {t for t, lease in ledger.leases.items() if lease.is_leaving or lease.state is State.RESIDENT}
    if any(ledger.fits(charges, _SOMEBODY, idle) for charges in ways):
        return pb.FIT_AFTER_RECALL
    return pb.FIT_AFTER_WAIT
