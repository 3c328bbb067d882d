"""What this machine offers; nothing here imports torch or touches a device."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from limner.home import Home
from limner.machine.cards import Card, Driver, ask_driver
from limner.machine.host import (
    Disk,
    count_nvidia_cards,
    find_core_quota,
    find_ram_limit,
    find_usable_ram,
    is_wsl,
    look_at,
)
from limner.models.device import DeviceFacts, card_budget_bytes, host_budget_bytes

HOST = "cpu:0"


@dataclass(frozen=True, slots=True)
class Machine:
    """Processors, memory, cards and disks."""

    system: str
    python: str
    is_wsl: bool  # Linux under Windows
    cores: int  # that this process may use
    core_quota: float | None  # of the container; None without one
    ram_bytes: int
    ram_available_bytes: int
    ram_limit_bytes: int | None  # of the container; None without one
    swap_bytes: int
    cards_on_bus: int  # of NVIDIA, whether or not a driver serves them
    driver: Driver
    home: Disk
    models: Disk

    @property
    def usable_ram_bytes(self) -> int:
        """What the machine and the container allow."""
        return min(self.ram_bytes, self.ram_limit_bytes or self.ram_bytes)


def inspect(home: Home, models_dir: Path) -> Machine:
    """Returns what can be seen now."""
    memory = psutil.virtual_memory()
    return Machine(
        system=f"{platform.system()} {platform.release()} on {platform.machine()}",
        python=platform.python_version(),
        is_wsl=is_wsl(),
        cores=len(os.sched_getaffinity(0)),
        core_quota=find_core_quota(),
        ram_bytes=memory.total,
        ram_available_bytes=memory.available,
        ram_limit_bytes=find_ram_limit(),
        swap_bytes=psutil.swap_memory().total,
        cards_on_bus=count_nvidia_cards(),
        driver=ask_driver(),
        home=look_at(home.root),
        models=look_at(models_dir),
    )


def describe_devices(machine: Machine, ram_budget_bytes: int | None = None) -> tuple[DeviceFacts, ...]:
    """Returns where pipelines would run: the cards, or the host where there are none.

    `ram_budget_bytes` is what the arbiter was told to grant of the host, if it was.
    """
    return _describe(machine.driver, machine.usable_ram_bytes, ram_budget_bytes)


def find_devices(ram_budget_bytes: int | None = None) -> tuple[DeviceFacts, ...]:
    """Returns what `describe_devices` does, of this machine as it is now."""
    return _describe(ask_driver(), find_usable_ram(), ram_budget_bytes)


def _describe(driver: Driver, ram_bytes: int, ram_budget_bytes: int | None) -> tuple[DeviceFacts, ...]:
    budget_bytes = host_budget_bytes(ram_bytes) if ram_budget_bytes is None else ram_budget_bytes
    if not driver.cards:
        return (DeviceFacts(HOST, "this machine's memory", ram_bytes, budget_bytes, budget_bytes),)
    return tuple(describe_card(card, budget_bytes) for card in driver.cards)


def describe_card(card: Card, host_budget_bytes: int) -> DeviceFacts:
    """Returns what plans know of a card in a machine with that much memory for pipelines."""
    return DeviceFacts(
        id=card.id,
        name=card.name,
        total_bytes=card.total_bytes,
        budget_bytes=card_budget_bytes(card.total_bytes, card.reserved_bytes, has_display=card.has_display),
        host_budget_bytes=host_budget_bytes,
        capability=card.capability,
        pcie_generation=card.pcie_generation,
        pcie_width=card.pcie_width,
    )
