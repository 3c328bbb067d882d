"""Amounts of memory in words."""

from __future__ import annotations

_GB = 10**9


def in_gb(count_bytes: int, digits: int = 1) -> str:
    """Returns a size in the unit in which cards are sold."""
    return f"{count_bytes / _GB:.{digits}f} GB"
