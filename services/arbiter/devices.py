"""What probes of cards do alike: host memory beside the cards, others' use over a minute."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from limner.machine.host import find_usable_ram
from services.arbiter.demands import PAGEABLE, PINNED
from services.arbiter.ledger import Device

_FOREIGN_WINDOW = 60  # Samples, one a second: others' peaks count for a minute.
_PINNED_SHARE_PERCENT = 25  # Of the host's budget; pinned pages cannot be swapped or moved.


@dataclass(slots=True)
class Foreign:
    """What others used of one card, as the highest of the last minute."""

    _samples: deque[int] = field(default_factory=lambda: deque[int](maxlen=_FOREIGN_WINDOW))

    def add(self, used_bytes: int, ours_bytes: int) -> int:
        """Returns the highest, this sample included."""
        self._samples.append(max(0, used_bytes - ours_bytes))
        return self.highest_bytes

    @property
    def highest_bytes(self) -> int:
        """The highest of the last minute; 0 before the first sample."""
        return max(self._samples, default=0)


def host_pools(budget_bytes: int) -> tuple[Device, ...]:
    """Returns the host's memory as it is charged beside cards."""
    pinned_bytes = budget_bytes * _PINNED_SHARE_PERCENT // 100
    return (
        Device(PAGEABLE, "host memory", find_usable_ram(), budget_bytes),
        Device(PINNED, "pinned host memory", find_usable_ram(), pinned_bytes),
    )
