"""How many bytes a process really holds."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


def held_bytes(pid: int | None = None) -> int:
    """Returns the proportional set size of a process, this one by default.

    Pages shared with other processes count by their share. Raises OSError when the process is gone.
    """
    return _field_bytes(Path(f"/proc/{pid or 'self'}/smaps_rollup"), "Pss:")


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


class HostMeter:
    """Measures host memory, pages that other processes hold too by their share; the peak is Linux's VmHWM."""

    def held_bytes(self) -> int:
        """Returns what is held now."""
        return held_bytes()

    def reset_peak(self) -> None:
        """Begins to look for the next peak."""
        # Resets VmHWM, see proc(5); needs no privilege on one's own process.
        with suppress(OSError):
            _CLEAR_REFS.write_text("5")

    def peak_bytes(self) -> int:
        """Returns the most that was held since `reset_peak`."""
        try:
            # The kernel keeps the peak of the resident set alone, in which shared pages count as if they were
            # not; libraries and mapped weights are shared as much now as they were then.
            others_bytes = _field_bytes(_STATUS, "VmRSS:") - held_bytes()
            return _field_bytes(_STATUS, "VmHWM:") - max(0, others_bytes)
        except OSError:
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _field_bytes(path: Path, field: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise OSError(f"{path} has no line {field}")
