"""What a process holds of the host's memory."""

from __future__ import annotations

import time
from pathlib import Path

# To count who else has each page takes the kernel 14 ms where PyTorch is loaded, and keeps the process from
# mapping memory meanwhile.
_SHARE_KEPT_S = 5.0


class Footprint:
    """A process, this one by default; pages that others have too count by their share.

    How much that takes off is looked up every few seconds; what the process itself takes or gives back is
    seen at once. Methods raise OSError when the process is gone.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._folder = Path(f"/proc/{pid or 'self'}")
        self._others_bytes = 0
        self._looked_s = float("-inf")

    def held_bytes(self) -> int:
        """Returns the proportional set size."""
        return self._own_bytes("VmRSS:")

    def peak_bytes(self) -> int:
        """Returns the most that was held since Linux' VmHWM was reset.

        The kernel keeps the peak of the resident set alone; libraries and mapped weights are shared as much
        now as they were then.
        """
        return self._own_bytes("VmHWM:")

    def _own_bytes(self, field: str) -> int:
        status = self._read("status")
        now_s = time.monotonic()
        if now_s - self._looked_s > _SHARE_KEPT_S:
            own_bytes = _field_bytes(self._read("smaps_rollup"), "Pss:")
            self._others_bytes = max(0, _field_bytes(status, "VmRSS:") - own_bytes)
            self._looked_s = now_s
        return max(0, _field_bytes(status, field) - self._others_bytes)

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text()


def _field_bytes(text: str, field: str) -> int:
    for line in text.splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(f"The process is gone: nothing is told of {field}")
