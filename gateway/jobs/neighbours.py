"""Works beside other gateways on one database; a sole gateway has none, and nothing here is done."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa

from gateway.events import RESET
from gateway.jobs.announcements import Announcement, Announcements, Word
from gateway.jobs.books import Books
from gateway.jobs.claims import Claims
from gateway.jobs.database import listening_parameters
from gateway.jobs.dispatcher import Dispatcher
from gateway.jobs.job import State
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

    async def hear(self, said: Sequence[Announcement]) -> None:
        """Takes in announcements; of a newer version's words, events say what matters."""
        words = {each.word for each in said}
        changed = [job_id for each in said for job_id in self._jobs_of(each)]
        if changed:
            await self._see(changed)
        if Word.EVENTS in words:
            await self._read_events(max(int(each.rest[0]) for each in said if each.word == Word.EVENTS))
        if Word.SWITCHES in words:
            await self._dispatcher.switch(await self._books.switches.is_paused())
        if Word.LEFT in words:
            await self._books.claims.recover()
        if Word.FORGOTTEN in words:
            for owner in self._books.hub.listeners:
                self._books.hub.publish(owner, RESET)

    def _jobs_of(self, said: Announcement) -> Sequence[str]:
        """Returns the jobs that are not in line here as they are in the table."""
        match said.word, said.rest:
            case ((Word.CLAIMED | Word.RELEASED), (job_id, gateway)) if gateway != self._books.claims.holder:
                return [job_id]
            case Word.ORDER, job_ids:
                return job_ids
            case _:
                return ()

    async def catch_up(self) -> None:
        """Takes in whatever was announced while nobody heard it."""
        await self._dispatcher.load()
        await self._read_events(await self._books.events.last_seq())

    async def _see(self, job_ids: Collection[str]) -> None:
        found = await self._books.store.get_all(job_ids)
        self._dispatcher.see(list(found.values()))

    async def _read_events(self, until_seq: int) -> None:
        """Takes in the events that are not known yet; none is committed before one with a smaller seq."""
        while self._seq < until_seq:
            events = await self._books.events.after(self._seq, _BATCH)
            if not events:
                return
            self._dispatcher.see([event.job for event in events if event.job.state is not State.QUEUED])
            # Read after the events, so at least as new: a job that has gone on is not put in line again.
            waiting = {event.job.id for event in events if event.job.state is State.QUEUED}
            if waiting:
                await self._see(waiting)
            for event in events:
                self._publish(event.job, event.seq)
                self._seq = event.seq
