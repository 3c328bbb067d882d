"""Whether an error means that memory ran out, and how much was asked for; without importing torch."""

from __future__ import annotations

import re

# torch says "you tried to allocate 4096 bytes" on the host (c10/core/impl/alloc_cpu.cpp) and "Tried to
# allocate 20.00 MiB" on a card (c10/cuda/CUDACachingAllocator.cpp).
_REQUEST = re.compile(r"tried to allocate ([\d.]+) ?(bytes|KiB|MiB|GiB)", re.IGNORECASE)
# On the host torch raises a plain RuntimeError; the second text is oneDNN's, which says no more.
_HOST_TEXTS = ("can't allocate memory", "could not create a primitive")
_UNITS = {"bytes": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def is_exhaustion(error: BaseException) -> bool:
    """Tells whether `error` or its cause means that host or device memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _HOST_TEXTS)


def requested_bytes(error: BaseException) -> int:
    """Returns how many bytes the failed request was for; 0 when `error` does not say."""
    found = _REQUEST.search(str(error))
    return int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
