"""What the machine has, and what really is in use; witnesses for the ledger, never its judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from limner.machine.footprint import Footprint
from limner.machine.host import find_usable_ram
from services.arbiter.demands import CPU
from services.arbiter.leases import Key
from services.arbiter.ledger import Device


@dataclass(frozen=True, slots=True)
class Sample:
    """The devices at one instant."""

    devices: tuple[Device, ...]
    present: frozenset[Key] = field(default_factory=frozenset[Key])  # Workers that have bytes on a card.


class Probe(Protocol):
    """Looks at one kind of device; may block, so it is called from a thread."""

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns the devices and what the workers `pids` use of them."""
        ...


class RamProbe:
    """The host's memory as a device, for machines without a card."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._footprints: dict[Key, Footprint] = {}

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns `cpu:0`; a worker's share is its proportional set size, so that shared pages count once."""
        self._footprints = {key: self._footprints.get(key) or Footprint(pid) for key, pid in pids.items()}
        observed_bytes = sum(map(_held_bytes, self._footprints.values()))
        total_bytes = find_usable_ram()
        device = Device(CPU, "host memory", total_bytes, self._budget_bytes, observed_bytes=observed_bytes)
        return Sample((device,))


def _held_bytes(footprint: Footprint) -> int:
    try:
        return footprint.held_bytes()
    except OSError:  # The process is gone or may not be seen.
        return 0
