"""What is asked back when more is held than there is: others took memory, or a lease grew. Pure."""

from __future__ import annotations

from services.arbiter.leases import Lease, State
from services.arbiter.ledger import Ledger


def overdrawn(ledger: Ledger) -> list[Lease]:
    """Returns the idle leases to ask back, longest idle first.

    A device that merely has not been looked at for a while costs nobody its memory.
    """
    asked: list[Lease] = []
    for id, device in ledger.devices.items():
        missing_bytes = ledger.charged_bytes(id) - max(0, device.limit_bytes - device.foreign_bytes)
        if missing_bytes > 0:
            asked += _idle(id, missing_bytes, ledger, asked)
    return asked


def _idle(id: str, missing_bytes: int, ledger: Ledger, asked: list[Lease]) -> list[Lease]:
    there = ledger.on(id)
    missing_bytes -= sum(_freed_on(lease, id) for lease in there if lease.is_leaving or lease in asked)
    idle = [lease for lease in there if lease.state is State.RESIDENT and not lease.draining]
    chosen: list[Lease] = []
    for lease in sorted(idle, key=lambda lease: lease.idle_s):
        if missing_bytes <= 0:
            break
        if lease not in asked:
            chosen.append(lease)
            missing_bytes -= _freed_on(lease, id)
    return chosen


def _freed_on(lease: Lease, id: str) -> int:
    return lease.bytes_on(id) + lease.context_on(id)
