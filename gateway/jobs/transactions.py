from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from gateway.jobs.announcements import Word, announce
from gateway.jobs.job import Job
from gateway.jobs.locks import EVENTS, lock

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
    event loop for each event that is written here, in the order of their seq, once it is committed. What
    other gateways write is told by `announcements`.
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

        def run() -> Result:
            with self._engine.begin() as connection:
                return work(connection)

        return await self._write(run)

    async def write_events(
        self, work: Callable[[sa.Connection], tuple[Result, list[Past]]]
    ) -> tuple[Result, list[Past]]:
        """Returns what `work` returns, once it is committed, and publishes the events in it."""
        loop = asyncio.get_running_loop()

        def run() -> tuple[Result, list[Past]]:
            with self._engine.begin() as connection:
                # Else a later seq could be seen before an earlier one, which its reader would never get.
                lock(connection, EVENTS)
                result, events = work(connection)
                if events:
                    announce(connection, Word.EVENTS, str(events[-1].seq))
            if events:
                loop.call_soon_threadsafe(self._publish_all, events)
            return result, events

        return await self._write(run)

    def _publish_all(self, events: list[Past]) -> None:
        for event in events:
            self._publish(event.job, event.seq)

    async def _write(self, run: Callable[[], Result]) -> Result:
        # Shielded: a caller that goes away must not leave a transaction half queued.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._writer, run))

    async def read(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Returns what `work` reads."""

        def run() -> Result:
            with self._engine.connect() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)
