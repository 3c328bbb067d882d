"""What the machine has, and what really is in use; witnesses for the ledger, never its judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from services.arbiter.demands import CPU
from services.arbiter.leases import Key
from services.arbiter.ledger import Device

_RAM_SHARE_PERCENT = 70


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

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns `cpu:0`; a worker's share is its proportional set size, so that shared pages count once."""
        observed_bytes = sum(proportional_bytes(pid) for pid in pids.values())
        device = Device(CPU, "host memory", ram_bytes(), self._budget_bytes, observed_bytes=observed_bytes)
        return Sample((device,))


def ram_bytes() -> int:
    """Returns the memory that this process may use at most: the machine's, or less in a container."""
    return min([psutil.virtual_memory().total, *_container_limits_bytes()])


def ram_budget_bytes() -> int:
    """Returns what the arbiter may grant of the host's memory unless it is told otherwise."""
    return ram_bytes() * _RAM_SHARE_PERCENT // 100


def proportional_bytes(pid: int) -> int:
    """Returns a process's share of physical memory; 0 when it is gone or may not be seen."""
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except (psutil.Error, OSError):
        return 0


def _container_limits_bytes() -> list[int]:
    limits: list[int] = []
    for path in _limit_files():
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdigit():
            limits.append(int(text))
    return limits


def _limit_files() -> list[Path]:
    root = Path("/sys/fs/cgroup")
    files = [root / "memory.max", root / "memory" / "memory.limit_in_bytes"]
    try:
        own = next(
            line for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")
        )
    except (OSError, StopIteration):
        return files
    # A limit anywhere above binds as well.
    group = root / own.removeprefix("0::").lstrip("/")
    return files + [
        folder / "memory.max" for folder in (group, *group.parents) if folder.is_relative_to(root)
    ]
