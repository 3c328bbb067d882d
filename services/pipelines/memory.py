"""How many bytes a process really holds on the host."""

from __future__ import annotations

import resource
from pathlib import Path
from types import TracebackType
from typing import Self

_STATUS = Path("/proc/self/status")
_CLEAR_REFS = Path("/proc/self/clear_refs")


def held_bytes(pid: int | None = None) -> int:
    """Returns the proportional set size of a process, this one by default.

    Pages shared with other processes count by their share. Raises OSError when the process is gone.
    """
    return _field_bytes(Path(f"/proc/{pid or 'self'}/smaps_rollup"), "Pss:")


class Peak:
    """Measures the highest resident set size between entry and exit, in bytes (Linux: VmHWM)."""

    peak_bytes: int = 0

    def __enter__(self) -> Self:
        try:
            _CLEAR_REFS.write_text("5")  # Resets VmHWM, see proc(5); needs no privilege on one's own process.
        except OSError:
            self.peak_bytes = 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.peak_bytes = _field_bytes(_STATUS, "VmHWM:")
        except OSError:
            self.peak_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _field_bytes(path: Path, field: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise OSError(f"{path} has no line {field}")
