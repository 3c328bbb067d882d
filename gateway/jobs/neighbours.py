"""Works beside other gateways on one database; a sole gateway has none, and nothing here is done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa

from gateway.events import RESET
from gateway.jobs.announcements import Announcements, Word
from gateway.jobs.books import Books
from gateway.jobs.claims import Claims
from gateway.jobs.database import listening_parameters
from gateway.jobs.dispatcher import Dispatcher
from gateway.jobs.presence import Presence
from gateway.jobs.transactions import Publish

_BATCH = 500


@asynccontextmanager
async def being_present(engine: sa.Engine, claims: Claims) -> AsyncGenerator[None]:
    """Is seen to live by the other gateways, and takes over what dead ones leave."""
    if claims.holder is None:
        yield
        return
    async with Presence(engine, claims.holder, claims.recover).kept():
        yield


@asynccontextmanager
async def following(
    engine: sa.Engine, books: Books, dispatcher: Dispatcher, publish: Publish
) -> AsyncGenerator[None]:
    """Has the dispatcher work, and `publish` called for each event once and in order, whoever wrote it.

    A sole gateway publishes events as it writes them.
    """
    if books.claims.holder is None:
        await dispatcher.start()
        yield
        return
    await books.claims.recover()
    neighbours = Neighbours(books, dispatcher, publish, await books.events.last_seq())
    announcements = Announcements(listening_parameters(engine.url))
    async with announcements.followed(neighbours.hear, neighbours.catch_up):
        yield


class Neighbours:
    """Takes in what all gateways do, this one too, so that events and queue are the same everywhere.

    Of progress only what is kept in the tables, twice a second, reaches other gateways; what is shown between
    and the previews are seen at the gateway that runs the job.
    """

    def __init__(self, books: Books, dispatcher: Dispatcher, publish: Publish, seq: int) -> None:
        self._books = books
        self._dispatcher = dispatcher
        self._publish = publish
        self._seq = seq  # of the last event that was published

    async def hear(self, word: str, rest: list[str]) -> None:
        """Takes in one announcement."""
        match word, rest:
            case Word.EVENTS, [seq]:
                if int(seq) > self._seq:
                    await self._read_events()
            case ((Word.CLAIMED | Word.RELEASED), [job_id, gateway]):
                if gateway != self._books.claims.holder:
                    await self._see([job_id])
            case Word.ORDER, job_ids:
                await self._see(job_ids)
            case Word.SWITCHES, _:
                await self._dispatcher.switch(await self._books.switches.is_paused())
            case Word.LEFT, _:
                await self._books.claims.recover()
            case Word.FORGOTTEN, _:
                for owner in self._books.hub.listeners:
                    self._books.hub.publish(owner, RESET)
            case _:
                pass  # of a newer version, whose events say what matters

    async def catch_up(self) -> None:
        """Takes in whatever was announced while nobody heard it."""
        await self._dispatcher.load()
        await self._read_events()

    async def _see(self, job_ids: Sequence[str]) -> None:
        found = await self._books.store.get_all(job_ids)
        self._dispatcher.see(list(found.values()))

    async def _read_events(self) -> None:
        while events := await self._books.events.after(self._seq, _BATCH):
            # Read after the events, so at least as new: a job that has gone on is not put in line again.
            await self._see([event.job.id for event in events])
            for event in events:
                self._publish(event.job, event.seq)
                self._seq = event.seq
            if len(events) < _BATCH:
                return
