"""How many bytes a process holds on its device."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from limner.machine.footprint import Footprint

_CLEAR_REFS = Path("/proc/self/clear_refs")


class Meter(Protocol):
    """Measures what this process holds on one kind of device, in bytes."""

    def held_bytes(self) -> int:
        """Returns what is held now."""
        ...

    def reset_peak(self) -> None:
        """Begins to look for the next peak."""
        ...

    def peak_bytes(self) -> int:
        """Returns the most that was held since `reset_peak`."""
        ...


class HostMeter(Footprint):
    """Measures host memory."""

    def reset_peak(self) -> None:
        """Begins to look for the next peak."""
        # Resets VmHWM, see proc(5); needs no privilege on one's own process.
        with suppress(OSError):
            _CLEAR_REFS.write_text("5")
