"""How many replicas a service has while its load changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What waits for a service."""

    waiting: int = 0  # jobs
    oldest_s: float = 0.0  # for which the first of them has waited


@dataclass(frozen=True, slots=True)
class Tempo:
    """How patient the scaling is."""

    wait_s: float = 30.0  # A job that waits longer shows that one more is worth its start.
    cool_down_s: float = 60.0  # After a change: so long takes a new one until its share can be seen.
    idle_s: float = 300.0  # Without anybody waiting; a model is loaded again in less.


class Scaling:
    """Follows one service: one more while jobs wait too long, one less when nobody has waited for long.

    Grows by half, so that a large service does not take hours to double; shrinks one by one, since a wrong
    step down costs a model.
    """

    def __init__(self, now_s: float, tempo: Tempo | None = None) -> None:
        self._tempo = tempo or Tempo()
        self._changed_s = float("-inf")
        self._waited_s = now_s  # when somebody waited last

    def decide(self, count: int, least: int, most: int, load: Load, now_s: float) -> int:
        """Returns how many replicas there shall be, from `least` to `most`; `count` are there."""
        if load.waiting:
            self._waited_s = now_s
        if now_s - self._changed_s < self._tempo.cool_down_s:
            return count
        if load.oldest_s > self._tempo.wait_s and count < most:
            # Never more than one for each job that waits.
            return self._change(min(most, count + min(load.waiting, max(1, count // 2))), now_s)
        if now_s - self._waited_s >= self._tempo.idle_s and count > least:
            return self._change(count - 1, now_s)
        return count

    def _change(self, count: int, now_s: float) -> int:
        self._changed_s = now_s
        return count
