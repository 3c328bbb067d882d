"""How often a lost connection is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """With a hub that does not answer, or not well."""

    tries: int = 6  # in a row, without a byte in between
    pause_s: float = 1.0  # before the third try; it doubles from there. The second is made at once
    longest_pause_s: float = 30.0  # also of those that the hub asks for
    connect_s: float = 10.0
    silence_s: float = 30.0  # between two bytes


class Persistence:
    """Counts failures in a row."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failures = 0

    def succeed(self) -> None:
        """Forgets the failures: something came."""
        self._failures = 0

    def fail(self, asked_pause_s: float = 0.0) -> float | None:
        """Returns how long to wait before the next try, at least what was asked for; None to give up."""
        self._failures += 1
        if self._failures >= self._patience.tries:
            return None
        own_s = self._patience.pause_s * 2 ** (self._failures - 2) if self._failures > 1 else 0.0
        return min(max(own_s, asked_pause_s), self._patience.longest_pause_s)
