"""Which tiers a job still has after memory ran out: one more try in each, then the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from services.pipelines.need import Need

_TRIES = 2  # In a tier: the second one has the device to itself, as the arbiter then charges all of it.


class Ladder:
    """Leads one job from tier to tier; it ends, since every tier is given up for good."""

    def __init__(self, need: Need, known: Mapping[str, str]) -> None:
        """`known` are tiers in which such jobs ran out of memory, with how; the last stays a choice."""
        self._whole = need
        self._ways: dict[str, str] = {tier: known[tier] for tier in need.tiers[:-1] if tier in known}
        self._tries: dict[str, int] = {}

    @property
    def need(self) -> Need:
        """What the job may still ask for."""
        return self._whole.without(self._ways)

    @property
    def reason(self) -> str:
        """Why the best tier was given up; empty when it was not."""
        best = next(iter(self._whole.tiers), "")
        return self._ways.get(best, "")

    @property
    def summary(self) -> str:
        """How every tier ended that was given up."""
        return "; ".join(self._ways.values())

    def fall(self, tier: str, how: str) -> bool:
        """Notes that memory ran out in `tier`; tells whether that was the last try in it."""
        self._tries[tier] = self._tries.get(tier, 0) + 1
        if self._tries[tier] < _TRIES:
            return False
        self._ways[tier] = how
        return True
