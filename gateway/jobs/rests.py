from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from grpc import aio

from gateway.fleet import Fleet
from gateway.jobs.board import Board
from gateway.jobs.verdict import Verdict
from gateway.replicas import Replica, Service

# A replica that failed is left alone for this long, doubled with each further failure up to the maximum.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0


class Rests:
    """Leaves replicas that cannot take a job alone for a while, and says why on the board."""

    def __init__(self, fleet: Fleet, board: Board, on_recovery: Callable[[Replica], None]) -> None:
        self._fleet, self._board, self._on_recovery = fleet, board, on_recovery

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
        self.show()
        return self._wait_for(replica, pause_s)

    async def _wait_for(self, replica: Replica, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        try:
            await replica.channel.channel_ready()
        except aio.UsageError:
            return  # The channel was closed: the replica has left.
        replica.obstacle = None
        self.show()
        self._on_recovery(replica)

    def show(self) -> None:
        """Says on the board of every service whether and why it takes nothing now."""
        found = {service: _obstacle(service, self._fleet.of(service)) for service in self._fleet.services}
        self._board.obstacles = {
            service.name: obstacle for service, obstacle in found.items() if obstacle is not None
        }


def _obstacle(service: Service, replicas: Sequence[Replica]) -> str | None:
    if not replicas:
        return f"no {service.title} service is running"
    obstacles = [replica.obstacle for replica in replicas]
    return obstacles[0] if all(obstacles) else None
