"""What a ticket asks for, in bytes per device."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Host memory is charged like a device, so that one law covers cards, pageable and pinned memory.
CPU = "cpu:0"
PAGEABLE = "host:pageable"
PINNED = "host:pinned"
HOST_POOLS = frozenset({PAGEABLE, PINNED})
ANY_DEVICE = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """Bytes of one lease on one device; no field is negative."""

    device: str
    resident_bytes: int = 0
    working_bytes: int = 0
    load_extra_bytes: int = 0
    context_bytes: int = 0

    @property
    def peak_bytes(self) -> int:
        """The most that the lease ever holds on this device."""
        return self.resident_bytes + self.context_bytes + max(self.working_bytes, self.load_extra_bytes)

    def on(self, device: str) -> Charge:
        """The same bytes on `device`."""
        return replace(self, device=device)


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way of running; several charges are granted together or not at all."""

    tier: str
    profile: str
    charges: tuple[Charge, ...]
    load_s: float | None = None
    run_s: float | None = None
    quality_loss: float = 0.0  # against the best one; 1 is what nobody would take
    slowdown: float = 1.0  # of a job, against the best one

    @property
    def is_empty(self) -> bool:
        """Whether it asks for no byte at all, as a readiness check does."""
        return all(charge.peak_bytes == 0 for charge in self.charges)

    @property
    def peak_bytes(self) -> int:
        """The largest peak on any one device."""
        return max((charge.peak_bytes for charge in self.charges), default=0)
