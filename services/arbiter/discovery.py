"""Which devices this machine has, and who looks at them."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from services.arbiter.probes import Probe, RamProbe
from services.arbiter.static import StaticCard, StaticProbe
from services.arbiter.witness import Witness

Kind = Literal["auto", "nvidia", "amd", "apple", "ram"]

# Present wherever an NVIDIA driver is: Linux, containers, WSL.
_NVIDIA_SIGNS = (Path("/dev/nvidiactl"), Path("/proc/driver/nvidia"), Path("/dev/dxg"))


@contextmanager
def looking(kind: Kind, cards: Sequence[StaticCard], budget_bytes: int) -> Generator[Probe]:
    """Yields the probe of this machine's devices; the host's memory where there is no card.

    Raises Silent when a driver is there but does not answer.
    """
    if cards:
        yield StaticProbe(cards, budget_bytes)
        return
    # AMD and Apple are taken when asked for: a library built for another vendor could not use them.
    vendor = kind if kind != "auto" else "nvidia" if any(sign.exists() for sign in _NVIDIA_SIGNS) else "ram"
    if vendor == "ram":
        yield RamProbe(budget_bytes)
        return
    witness = Witness((sys.executable, "-m", "services.arbiter.observer", vendor, str(budget_bytes)))
    try:
        yield witness if witness.begin().devices else RamProbe(budget_bytes)
    finally:
        witness.close()
