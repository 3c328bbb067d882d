"""What is asked back when more is held than there is: others took memory, or a lease grew. Pure."""

from __future__ import annotations

from services.arbiter.leases import Lease, State
from services.arbiter.ledger import Ledger


def overdrawn(ledger: Ledger) -> list[Lease]:
    """Returns the idle leases to ask back, longest idle first, where more is held than there is."""
    asked: list[Lease] = []
    for id in ledger.devices:
        there = list(ledger.on(id))
        missing_bytes = ledger.charged_bytes(id) - ledger.capacity_bytes(id)
        missing_bytes -= sum(_freed_on(lease, id) for lease in there if lease.draining or lease in asked)
        idle = [
            lease
            for lease in there
            if lease.state is State.RESIDENT and not lease.draining and lease not in asked
        ]
        for lease in sorted(idle, key=lambda lease: lease.resident_s):
            if missing_bytes <= 0:
                break
            asked.append(lease)
            missing_bytes -= _freed_on(lease, id)
    return asked


def _freed_on(lease: Lease, id: str) -> int:
    return lease.bytes_on(id) + lease.context_on(id)
