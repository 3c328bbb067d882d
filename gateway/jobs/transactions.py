from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from gateway.jobs.job import Job

Result = TypeVar("Result")
Publish = Callable[[Job, int], None]


@dataclass(frozen=True, slots=True)
class Past:
    """A job as it was at one event."""

    seq: int
    job: Job


class Transactions:
    """Runs transactions off the event loop.

    One thread writes, so commits are in order and never wait for one another; `publish` is called on the
    event loop for each event, in the order of their seq, once it is committed.
    """

    def __init__(self, engine: sa.Engine, publish: Publish) -> None:
        self._engine = engine
        self._publish = publish
        self._writer = ThreadPoolExecutor(1, "jobs-writer")
        self._readers = ThreadPoolExecutor(2, "jobs-reader")

    def close(self) -> None:
        """Ends the threads after what they were given."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._engine.dispose()

    async def write(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Returns what `work` returns, once it is committed."""
        result, _ = await self.write_events(lambda connection: (work(connection), []))
        return result

    async def write_events(
        self, work: Callable[[sa.Connection], tuple[Result, list[Past]]]
    ) -> tuple[Result, list[Past]]:
        """Returns what `work` returns, once it is committed, and publishes the events in it."""
        loop = asyncio.get_running_loop()

        def run() -> tuple[Result, list[Past]]:
            with self._engine.begin() as connection:
                result, events = work(connection)
            for event in events:
                loop.call_soon_threadsafe(self._publish, event.job, event.seq)
            return result, events

        # Shielded: a caller that goes away must not leave a transaction half queued.
        return await asyncio.shield(loop.run_in_executor(self._writer, run))

    async def read(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Returns what `work` reads."""

        def run() -> Result:
            with self._engine.connect() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)
