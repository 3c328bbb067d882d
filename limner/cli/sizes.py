"""Bytes for people."""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def in_words(size_bytes: int) -> str:
    """Returns `size_bytes` with three significant digits, e.g. `11.9 MiB`."""
    value, unit = float(size_bytes), 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    decimals = 0 if unit == 0 or value >= 100 else 1 if value >= 10 else 2
    return f"{value:.{decimals}f} {_UNITS[unit]}"
