"""When jobs that wait will be done, from how long others took. Pure."""

from __future__ import annotations

from collections.abc import Mapping

# The latest jobs count most: a quarter of what is known is from the last one.
_WEIGHT = 0.25


class Forecast:
    """Remembers how long the jobs of each capability take, in seconds."""

    def __init__(self, replica_counts: Mapping[str, int] | None = None) -> None:
        self._replica_counts = dict(replica_counts or {})  # by capability: how many jobs run at a time
        self._job_s: dict[str, float] = {}

    def count(self, capability: str, replicas: int) -> None:
        """Notes how many jobs of a capability run at a time."""
        self._replica_counts[capability] = max(1, replicas)

    def observe(self, capability: str, job_s: float) -> None:
        """Notes how long a job took from its first sign of work to its end."""
        known_s = self._job_s.get(capability)
        self._job_s[capability] = job_s if known_s is None else known_s + _WEIGHT * (job_s - known_s)

    def end_s(self, capability: str, ahead: Mapping[str, int], running_s: float) -> float | None:
        """Returns seconds until a waiting job is done; None while no job of its capability was measured.

        `ahead` counts the jobs before it by capability: on one card they take turns. `running_s` is what the
        jobs that run now still take. What was never measured is taken for as long as the job itself.
        """
        own_s = self._job_s.get(capability)
        if own_s is None:
            return None
        before_s = sum(
            count * self._job_s.get(name, own_s) / self._replica_counts.get(name, 1)
            for name, count in ahead.items()
        )
        return running_s + before_s + own_s
