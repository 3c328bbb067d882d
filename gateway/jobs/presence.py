"""Which gateways on one database live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.jobs.announcements import Word, announce
from gateway.jobs.tables import gateways
from gateway.jobs.upserts import insert_into

log = structlog.get_logger(__name__)

BEAT_S = 2.0
DEAD_AFTER_S = 10.0

# The clock of the database, which all gateways share; s since the epoch.
_NOW = sa.cast(sa.extract("epoch", sa.func.now()), sa.Double)


def living() -> sa.Select[tuple[str]]:
    """Returns the query for the ids of the gateways that live."""
    return sa.select(gateways.c.id).where(gateways.c.seen_at > _NOW - DEAD_AFTER_S)


def is_dead() -> sa.ColumnElement[bool]:
    """Returns the condition of gateways that have been silent for too long."""
    return gateways.c.seen_at <= _NOW - DEAD_AFTER_S


class Presence:
    """Gives signs of life, and looks after what those leave who give none.

    It has connections of its own, so that nothing else that is written delays it.
    """

    def __init__(self, engine: sa.Engine, gateway_id: str, recover: Callable[[], Awaitable[None]]) -> None:
        self._engine = engine
        self._id = gateway_id
        self._recover = recover
        self._thread = ThreadPoolExecutor(1, "presence")  # one: leaving comes after the last beat

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """Is seen by the others while it is entered; they take over at once when it is left."""
        await self._run(self._beat)
        beating = asyncio.create_task(self._keep_beating())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            try:
                await self._run(self._leave)
            except SQLAlchemyError as error:
                log.warning("left without a word", error=str(error))
            self._thread.shutdown()

    async def _keep_beating(self) -> None:
        loop = asyncio.get_running_loop()
        beaten_at = judges_from = loop.time()
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self._run(self._beat)
                if loop.time() - beaten_at >= DEAD_AFTER_S:
                    # It was halted or the database away: the others may have been as silent, and live.
                    judges_from = loop.time() + DEAD_AFTER_S
                beaten_at = loop.time()
                if beaten_at >= judges_from:
                    await self._recover()
            except SQLAlchemyError as error:
                log.warning("no sign of life given", error=str(error))

    async def _run(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _beat(self) -> None:
        with self._engine.begin() as connection:
            insert = insert_into(connection, gateways).values(id=self._id, seen_at=_NOW)
            connection.execute(
                insert.on_conflict_do_update(index_elements=["id"], set_={"seen_at": insert.excluded.seen_at})
            )

    def _leave(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(gateways.delete().where(gateways.c.id == self._id))
            announce(connection, Word.LEFT)
