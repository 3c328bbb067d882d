"""NVIDIA cards, seen through NVML."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nvidia-ml-py is not typed.

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pynvml

from services.arbiter.demands import PAGEABLE, PINNED
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample, ram_bytes

_MARGIN_SHARE_PERCENT = 4
_MARGIN_BYTES = 512 * 1024 * 1024
_DISPLAY_MARGIN_BYTES = 1024 * 1024 * 1024  # Desktops take and return memory at will.
_FOREIGN_WINDOW = 60  # Samples, one a second: others' peaks count for a minute.
_PINNED_SHARE_PERCENT = 25  # Of the host's budget; pinned pages cannot be swapped or moved.


@dataclass(slots=True)
class _Card:
    handle: Any
    foreign: deque[int] = field(default_factory=lambda: deque[int](maxlen=_FOREIGN_WINDOW))


class NvmlProbe:
    """All cards of this machine, and its host memory as pools beside them."""

    def __init__(self, cards: list[_Card], budget_bytes: int) -> None:
        self._cards, self._budget_bytes = cards, budget_bytes

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns every card; what no worker of ours uses is foreign."""
        used = [self._look(card, set(pids.values())) for card in self._cards]
        on_cards = {pid for _, users in used for pid in users}
        pinned_bytes = self._budget_bytes * _PINNED_SHARE_PERCENT // 100
        host = (
            Device(PAGEABLE, "host memory", ram_bytes(), self._budget_bytes),
            Device(PINNED, "pinned host memory", ram_bytes(), pinned_bytes),
        )
        present = frozenset(key for key, pid in pids.items() if pid in on_cards)
        return Sample((*(device for device, _ in used), *host), present)

    def _look(self, card: _Card, pids: set[int]) -> tuple[Device, set[int]]:
        memory: Any = pynvml.nvmlDeviceGetMemoryInfo(card.handle, pynvml.nvmlMemory_v2)
        users = {
            p.pid: p.usedGpuMemory or 0 for p in pynvml.nvmlDeviceGetComputeRunningProcesses(card.handle)
        }
        ours_bytes = sum(used for pid, used in users.items() if pid in pids)
        card.foreign.append(max(0, memory.used - ours_bytes))
        limit_bytes = memory.total - memory.reserved - _margin_bytes(card.handle, memory.total)
        device = Device(
            pynvml.nvmlDeviceGetUUID(card.handle),
            pynvml.nvmlDeviceGetName(card.handle),
            memory.total,
            limit_bytes,
            foreign_bytes=max(card.foreign),
            observed_bytes=ours_bytes,
            frees_at_death=False,
        )
        return device, set(users)


def find_cards(budget_bytes: int) -> NvmlProbe | None:
    """Returns a probe of this machine's cards; None when it has none or no driver."""
    try:
        pynvml.nvmlInit()
        cards = [_Card(pynvml.nvmlDeviceGetHandleByIndex(i)) for i in range(pynvml.nvmlDeviceGetCount())]
    except pynvml.NVMLError:
        return None
    return NvmlProbe(cards, budget_bytes) if cards else None


def _margin_bytes(handle: Any, total_bytes: int) -> int:
    try:
        has_display = bool(pynvml.nvmlDeviceGetDisplayActive(handle))
    except pynvml.NVMLError:
        has_display = False
    floor_bytes = _DISPLAY_MARGIN_BYTES if has_display else _MARGIN_BYTES
    return max(floor_bytes, total_bytes * _MARGIN_SHARE_PERCENT // 100)
