"""The NVIDIA cards of this machine, as their driver tells them; no context is made on any."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# nvidia-ml-py is not typed.

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pynvml


@dataclass(frozen=True, slots=True)
class Card:
    """One card."""

    id: str  # its UUID
    name: str
    total_bytes: int
    reserved_bytes: int  # by the driver
    free_bytes: int
    capability: tuple[int, int] | None = None  # CUDA's; None when the driver does not tell
    pcie_generation: int = 0  # the best that card and slot can do; 0: unknown
    pcie_width: int = 0  # lanes; 0: unknown
    has_display: bool = False


@dataclass(frozen=True, slots=True)
class Driver:
    """What the driver says of itself and of its cards."""

    version: str = ""  # empty without a driver
    cuda: tuple[int, int] | None = None  # the newest that it serves
    cards: tuple[Card, ...] = ()
    no_cards_because: str = ""  # empty when there are cards


def ask_driver(nvml: Any = pynvml) -> Driver:
    """Returns what NVML says now; without a driver, why there is none."""
    try:
        nvml.nvmlInit()
    except pynvml.NVMLError as error:
        return Driver(no_cards_because=str(error))
    try:
        version = str(_asked("", nvml.nvmlSystemGetDriverVersion))
        number = _asked(0, nvml.nvmlSystemGetCudaDriverVersion)
        cuda = (number // 1000, number % 1000 // 10) if number else None
        try:
            cards = tuple(_card(nvml, index) for index in range(nvml.nvmlDeviceGetCount()))
        except pynvml.NVMLError as error:
            return Driver(version, cuda, (), str(error))
        return Driver(version, cuda, cards, "" if cards else "the driver lists none")
    finally:
        nvml.nvmlShutdown()


def _card(nvml: Any, index: int) -> Card:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    try:
        memory = nvml.nvmlDeviceGetMemoryInfo(handle, nvml.nvmlMemory_v2)
        reserved_bytes = int(memory.reserved)
    except pynvml.NVMLError:
        # Drivers before 510 and some of WSL know the first form only, in which reserved bytes are used ones.
        memory, reserved_bytes = nvml.nvmlDeviceGetMemoryInfo(handle), 0
    return Card(
        id=str(nvml.nvmlDeviceGetUUID(handle)),
        name=str(nvml.nvmlDeviceGetName(handle)),
        total_bytes=int(memory.total),
        reserved_bytes=reserved_bytes,
        free_bytes=int(memory.free),
        capability=_asked(None, nvml.nvmlDeviceGetCudaComputeCapability, handle),
        pcie_generation=_asked(0, nvml.nvmlDeviceGetMaxPcieLinkGeneration, handle),
        pcie_width=_asked(0, nvml.nvmlDeviceGetMaxPcieLinkWidth, handle),
        has_display=bool(_asked(0, nvml.nvmlDeviceGetDisplayActive, handle)),
    )


def _asked(unknown: Any, ask: Callable[..., Any], *about: Any) -> Any:
    """Returns the answer, or `unknown` where a driver, as under WSL, does not know the question."""
    try:
        return ask(*about)
    except pynvml.NVMLError:
        return unknown
