"""What gateways on one PostgreSQL tell one another when a transaction is committed, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import OperationalError

from gateway.jobs.locks import is_shared

log = structlog.get_logger(__name__)

_CHANNEL = "limner"
_RETRY_S = 0.5


class Word(StrEnum):
    """What is told; more words follow some."""

    EVENTS = "events"  # are written, up to that seq
    CLAIMED = "claimed"  # that job, by that gateway, which gives it to a service
    RELEASED = "released"  # that job, by that gateway, which took it back from there
    ORDER = "order"  # of those jobs has changed
    SWITCHES = "switches"  # have changed
    LEFT = "left"  # has a gateway
    FORGOTTEN = "forgotten"  # are jobs, which no event tells


@dataclass(frozen=True, slots=True)
class Announcement:
    """A word, perhaps of a newer version, and what follows it."""

    word: str
    rest: tuple[str, ...]


Hear = Callable[[Sequence[Announcement]], Awaitable[None]]


def announce(connection: sa.Connection, word: Word, *rest: str) -> None:
    """Tells every gateway, this one too, once the transaction is committed; a sole one is told nothing."""
    if is_shared(connection):
        connection.execute(sa.select(sa.func.pg_notify(_CHANNEL, " ".join([word, *rest]))))


class Announcements:
    """Hears what gateways tell, in the order of their commits."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters  # of psycopg

    @asynccontextmanager
    async def followed(self, hear: Hear, catch_up: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
        """Has `hear` called for everything that is committed while this is entered.

        What has come by the time that it returns is told together, so that the busier gateways are, the less
        each costs the others.

        `catch_up` is called first, and again whenever a lost connection is made anew: for what it missed.
        """
        connection = await self._connect()
        try:
            await catch_up()
        except BaseException:
            await connection.close()
            raise
        following = asyncio.create_task(self._follow(connection, hear, catch_up))
        try:
            yield
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    async def _follow(
        self, first: psycopg.AsyncConnection, hear: Hear, catch_up: Callable[[], Awaitable[None]]
    ) -> None:
        connection: psycopg.AsyncConnection | None = first
        while True:
            try:
                if connection is None:
                    connection = await self._connect()
                    await catch_up()
                while True:
                    # Stops after one, with all those that came with it.
                    said = [each.payload.split(" ") async for each in connection.notifies(stop_after=1)]
                    await hear([Announcement(word, tuple(rest)) for word, *rest in said])
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("announcements lost", error=str(error))
            except Exception:
                log.exception("announcement not understood")
            finally:
                if connection is not None:
                    await connection.close()
            connection = None
            await asyncio.sleep(_RETRY_S)

    async def _connect(self) -> psycopg.AsyncConnection:
        connection = await psycopg.AsyncConnection.connect(**self._parameters, autocommit=True)
        try:
            await connection.execute(f"LISTEN {_CHANNEL}")
        except BaseException:
            await connection.close()
            raise
        return connection
