"""NVIDIA cards, seen through NVML."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nvidia-ml-py is not typed.

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pynvml

from limner.models.device import card_margin_bytes
from services.arbiter.devices import Foreign, host_pools
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample


@dataclass(frozen=True, slots=True)
class Memory:
    """A card's memory at one instant, as its driver tells it."""

    total_bytes: int
    reserved_bytes: int
    free_bytes: int
    used_bytes: int

    def counts_reserved_as_used(self) -> bool:
        """Tells which of its releases' two meanings this driver gives to `used`: the one that adds up."""
        rest_bytes = self.total_bytes - self.free_bytes - self.used_bytes
        return abs(rest_bytes) < abs(rest_bytes - self.reserved_bytes)


@dataclass(frozen=True, slots=True)
class _Card:
    handle: Any
    counts_reserved_as_used: bool  # Decided once: figures taken while others allocate may not add up.
    foreign: Foreign = field(default_factory=Foreign)

    def used_bytes(self, memory: Memory) -> int:
        """What processes use."""
        return memory.used_bytes - (memory.reserved_bytes if self.counts_reserved_as_used else 0)


class NvmlProbe:
    """All cards of this machine, and its host memory as pools beside them."""

    def __init__(self, cards: list[_Card], budget_bytes: int) -> None:
        self._cards, self._budget_bytes = cards, budget_bytes

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns every card that still answers; what no worker of ours uses is foreign."""
        devices: list[Device] = []
        on_cards: set[int] = set()
        for card in self._cards:
            try:
                device, users = _look(card, frozenset(pids.values()))
            except pynvml.NVMLError:
                # A card that fell off the bus must not hide its neighbours.
                continue
            devices.append(device)
            on_cards |= users
        present = frozenset(key for key, pid in pids.items() if pid in on_cards)
        return Sample((*devices, *host_pools(self._budget_bytes)), present)


def find_cards(budget_bytes: int) -> NvmlProbe | None:
    """Returns a probe of this machine's cards; None when it has none or no driver."""
    try:
        pynvml.nvmlInit()
        handles = [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
        cards = [_Card(handle, _memory(handle).counts_reserved_as_used()) for handle in handles]
    except pynvml.NVMLError:
        return None
    return NvmlProbe(cards, budget_bytes) if cards else None


def _look(card: _Card, pids: frozenset[int]) -> tuple[Device, set[int]]:
    memory = _memory(card.handle)
    users = _users(card.handle)
    ours = {pid: used for pid, used in users.items() if pid in pids}
    ours_bytes = sum(used or 0 for used in ours.values())
    if None not in ours.values():
        # Where the driver does not tell what ours use, as under WDDM, the rest is not known either.
        card.foreign.add(card.used_bytes(memory), ours_bytes)
    margin = card_margin_bytes(memory.total_bytes, has_display=_has_display(card.handle))
    device = Device(
        pynvml.nvmlDeviceGetUUID(card.handle),
        pynvml.nvmlDeviceGetName(card.handle),
        memory.total_bytes,
        max(0, memory.total_bytes - memory.reserved_bytes - margin),
        foreign_bytes=card.foreign.highest_bytes,
        observed_bytes=ours_bytes,
        frees_at_death=False,
        margin_bytes=margin,
    )
    return device, set(users)


def _memory(handle: Any) -> Memory:
    try:
        found: Any = pynvml.nvmlDeviceGetMemoryInfo(handle, pynvml.nvmlMemory_v2)
        return Memory(found.total, found.reserved, found.free, found.used)
    except pynvml.NVMLError:
        # Drivers before 510 and some of WSL know the first form only, in which reserved bytes are used ones.
        found = pynvml.nvmlDeviceGetMemoryInfo(handle)
        return Memory(found.total, 0, found.free, found.used)


def _users(handle: Any) -> dict[int, int | None]:
    processes: Any = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    return {process.pid: process.usedGpuMemory for process in processes}


def _has_display(handle: Any) -> bool:
    try:
        return bool(pynvml.nvmlDeviceGetDisplayActive(handle))
    except pynvml.NVMLError:
        return False
