"""Apple's GPUs, which share the machine's memory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from services.arbiter.devices import Foreign
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample

# Metal's recommendedMaxWorkingSetSize: two thirds of the memory up to 36 GiB, three quarters above.
_SMALL_BYTES = 36 * 1024**3
_MARGIN_SHARE_PERCENT = 4


@dataclass(frozen=True, slots=True)
class Memory:
    """The machine's memory at one instant."""

    total_bytes: int
    available_bytes: int
    footprint_bytes: Mapping[int, int]  # By pid; a worker that is gone has no entry.


Read = Callable[[frozenset[int]], Memory]


class AppleProbe:
    """The one GPU of an Apple machine. Others' memory counts only where it eats into the GPU's share."""

    def __init__(self, read: Read) -> None:
        self._read, self._foreign = read, Foreign()

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns `mps:0`."""
        memory = self._read(frozenset(pids.values()))
        share_bytes = working_set_bytes(memory.total_bytes)
        margin_bytes = share_bytes * _MARGIN_SHARE_PERCENT // 100
        ours_bytes = sum(memory.footprint_bytes.values())
        used_bytes = memory.total_bytes - memory.available_bytes
        not_the_gpus_bytes = memory.total_bytes - share_bytes
        device = Device(
            "mps:0",
            "Apple GPU",
            memory.total_bytes,
            share_bytes - margin_bytes,
            foreign_bytes=self._foreign.add(used_bytes - not_the_gpus_bytes, ours_bytes),
            observed_bytes=ours_bytes,
            margin_bytes=margin_bytes,
        )
        return Sample((device,))


def working_set_bytes(total_bytes: int) -> int:
    """Returns what Metal lets one process use of the machine's memory."""
    return total_bytes * 2 // 3 if total_bytes <= _SMALL_BYTES else total_bytes * 3 // 4


def find_apple_gpu() -> AppleProbe | None:
    """Returns a probe on an Apple machine; None elsewhere."""
    return AppleProbe(_read) if sys.platform == "darwin" else None


def _read(pids: frozenset[int]) -> Memory:
    memory = psutil.virtual_memory()
    footprints: dict[int, int] = {}
    for pid in pids:
        try:
            footprints[pid] = int(psutil.Process(pid).memory_full_info().uss)
        except psutil.Error:
            continue
    return Memory(memory.total, memory.available, footprints)
