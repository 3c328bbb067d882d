"""What this machine offers; nothing here imports torch or touches a device."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pynvml

from limner.home import Home

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Card:
    """One NVIDIA card, as the driver sees it."""

    name: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Processors, memory, cards and disk."""

    system: str
    python: str
    cores: int  # that this process may use
    core_quota: float | None  # of the container; None without one
    ram_bytes: int
    ram_available_bytes: int
    ram_limit_bytes: int | None  # of the container; None without one
    cards: tuple[Card, ...]
    no_cards_because: str  # empty when there are cards
    home: str
    disk_free_bytes: int

    @property
    def usable_ram_bytes(self) -> int:
        """What the machine and the container allow."""
        return min(self.ram_bytes, self.ram_limit_bytes or self.ram_bytes)


def inspect(home: Home) -> Machine:
    """Returns what can be seen now."""
    memory = psutil.virtual_memory()
    cards, problem = _cards()
    return Machine(
        system=f"{platform.system()} {platform.release()} on {platform.machine()}",
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)),
        core_quota=parse_quota(_read(_CGROUP / "cpu.max")),
        ram_bytes=memory.total,
        ram_available_bytes=memory.available,
        ram_limit_bytes=parse_limit(_read(_CGROUP / "memory.max")),
        cards=cards,
        no_cards_because=problem,
        home=str(home.root),
        disk_free_bytes=shutil.disk_usage(_nearest(home.root)).free,
    )


def parse_quota(cpu_max: str) -> float | None:
    """Returns the cores that `cpu.max` grants, e.g. 1.5 for `150000 100000` (cgroup-v2.rst)."""
    match cpu_max.split():
        case [quota, period] if quota.isdecimal():
            return int(quota) / int(period)
        case _:
            return None


def parse_limit(memory_max: str) -> int | None:
    """Returns the bytes of `memory.max`; None for `max` or no limit file."""
    return int(memory_max) if memory_max.strip().isdecimal() else None


def _cards() -> tuple[tuple[Card, ...], str]:
    nvml: Any = pynvml  # typed only in part
    try:
        nvml.nvmlInit()
        try:
            cards = tuple(_card(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
        finally:
            nvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        return (), str(error)
    return cards, "" if cards else "the driver lists none"


def _card(nvml: Any, index: int) -> Card:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    memory = nvml.nvmlDeviceGetMemoryInfo(handle)
    return Card(str(nvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free))


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _nearest(path: Path) -> Path:
    """Returns the deepest folder on the way to `path` that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
