from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from gateway.jobs.board import Board
from gateway.jobs.verdict import Verdict
from gateway.replicas import Replica

# A replica that failed is left alone for this long, doubled with each further failure up to the maximum.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


class Rests:
    """Leaves replicas that cannot take a job alone for a while, and says why on the board."""

    def __init__(self, replicas: Sequence[Replica], board: Board, on_recovery: Callable[[], None]) -> None:
        self._replicas, self._board, self._on_recovery = replicas, board, on_recovery

    def rest(self, replica: Replica, verdict: Verdict) -> Coroutine[object, object, None] | None:
        """Leaves a replica alone from now on; returns what has to run until it is used again.

        That is for as long as the verdict says, and then until it can be reached. Where it is left alone
        already, nothing has to run.
        """
        if replica.obstacle is not None:
            return None
        pause_s = verdict.pause_s
        if pause_s is None:
            pause_s = min(_FIRST_PAUSE_S * 2**replica.failures, _LONGEST_PAUSE_S)
        replica.failures += 1
        replica.obstacle = verdict.obstacle
        self._show()
        return self._wait_for(replica, pause_s)

    async def _wait_for(self, replica: Replica, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await replica.channel.channel_ready()
        replica.obstacle = None
        self._show()
        self._on_recovery()

    def _show(self) -> None:
        by_service: dict[str, list[str | None]] = {}
        for replica in self._replicas:
            by_service.setdefault(replica.service.name, []).append(replica.obstacle)
        self._board.obstacles = {
            name: obstacles[0] for name, obstacles in by_service.items() if obstacles[0] and all(obstacles)
        }
