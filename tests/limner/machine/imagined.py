"""Machines that are not here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from limner.machine.cards import Card, Driver
from limner.machine.host import Disk
from limner.machine.known import imagine
from limner.machine.machine import Machine

GIB = 2**30
LIBRARIES = {"torch": "2.14.1", "nvidia-cuda-runtime": "13.0.96", "nvidia-cuda-runtime-cu12": ""}

PLAIN = Machine(
    system="Linux",
    python="3.11.7",
    is_wsl=False,
    cores=8,
    core_quota=None,
    ram_bytes=64 * GIB,
    ram_available_bytes=60 * GIB,
    ram_limit_bytes=None,
    swap_bytes=0,
    cards_on_bus=0,
    driver=Driver(no_cards_because="no driver"),
    home=Disk("/srv/limner", 100 * GIB, 200 * GIB, "ext4", True),
    models=Disk("/srv/limner/models", 100 * GIB, 200 * GIB, "ext4", True),
)


def with_card(known: str, *, ram_bytes: int = 64 * GIB, **changed: Any) -> Machine:
    """Returns a machine with a known card and a driver that serves it."""
    card: Card = replace(imagine(known), **changed)
    driver = Driver("580.95.05", (13, 0), (card,))
    return replace(PLAIN, cards_on_bus=1, driver=driver, ram_bytes=ram_bytes)


def write(root: Path, path: str, text: str) -> None:
    """Writes one file of an imagined /proc or /sys."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
