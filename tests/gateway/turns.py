"""A text-to-image service that does one job at a time, when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection

from limner.progress.v1.progress_pb2 import STAGE_DENOISING, STAGE_WAITING
from tests.gateway.scripted import Context, Request, Response, progress, result


class OneByOne:
    """Does one job when told to, and lets others wait, as a replica does."""

    def __init__(self) -> None:
        self.begun: list[int] = []  # seeds
        self._held: list[int] = []  # seeds of the calls that have not ended
        self._turn = asyncio.Lock()
        self._passes = asyncio.Semaphore(0)

    def let(self, count: int) -> None:
        """Lets so many more jobs end."""
        for _ in range(count):
            self._passes.release()

    async def until_held(self, seeds: Collection[int]) -> None:
        """Returns when it has the jobs of these seeds and no others.

        A call that the gateway hangs up is known here a moment later; until then it may still begin.
        """
        async with asyncio.timeout(30):
            while sorted(self._held) != sorted(seeds):
                await asyncio.sleep(0.01)

    async def __call__(self, request: Request, context: Context) -> AsyncIterator[Response]:
        seed = request.seeds[0]
        self._held.append(seed)
        try:
            yield progress(STAGE_WAITING, queue_position=1, waiting_for="the job before it")
            async with self._turn:
                self.begun.append(seed)
                yield progress(STAGE_DENOISING, 1)
                await self._passes.acquire()
                yield result(request)
        finally:
            self._held.remove(seed)
