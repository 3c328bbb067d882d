"""Keeps new jobs; those that come at the same time share a transaction."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError

from gateway.jobs import rows
from gateway.jobs.holdings import Holding, refer
from gateway.jobs.insistence import is_away
from gateway.jobs.job import Job, State
from gateway.jobs.past import append_events
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Past, Transactions

_Insert = Callable[[sa.Connection], tuple[None, list[Past]]]


class KeyTaken(Exception):
    """The idempotency key has been used; `job` is what it made."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"The idempotency key {job.idempotency_key!r} belongs to job {job.id}.")
        self.job = job


class TooManyWaiting(Exception):
    """With these jobs more of their owner's would wait than may."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Jobs that nothing can keep from being added, and who waits for that."""

    jobs: Sequence[Job]
    kept: asyncio.Future[None]

    def end(self, error: Exception | None) -> None:
        """Tells who waits, if it still does."""
        if self.kept.done():
            return
        if error is None:
            self.kept.set_result(None)
        else:
            self.kept.set_exception(error)


class Intake:
    """Adds jobs to the record."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._arrived: list[_Arrival] = []
        self._keeping: asyncio.Task[None] | None = None

    async def add(self, added: Sequence[Job], image_ids: Collection[str], max_waiting: int | None) -> None:
        """Keeps new jobs of one owner, all or none, which refer to `image_ids`.

        Raises KeyTaken, ImagesGone, or TooManyWaiting if then more than `max_waiting` of the owner's waited.
        """
        if image_ids or max_waiting is not None or added[0].idempotency_key is not None:
            await self._add_alone(added, image_ids, max_waiting)
        else:
            await self._add_with_others(added)

    async def find_by_key(self, job: Job) -> Job | None:
        """Returns the job that the idempotency key of `job` has made."""
        return await self._transactions.read(lambda connection: _find_by_key(connection, job))

    async def _add_with_others(self, added: Sequence[Job]) -> None:
        # A transaction costs several times what one more job in it does, so what comes while one is on its
        # way gathers for the next.
        arrival = _Arrival(added, asyncio.get_running_loop().create_future())
        self._arrived.append(arrival)
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_arrived())
        await arrival.kept

    async def _keep_arrived(self) -> None:
        while self._arrived:
            group, self._arrived = self._arrived, []
            together = [job for arrival in group for job in arrival.jobs]
            failure: Exception | None = None
            try:
                await self._insert(together, partial(_insert_all, added=together))
            except Exception as error:
                failure = error
            for arrival in group:
                arrival.end(failure)

    async def _add_alone(
        self, added: Sequence[Job], image_ids: Collection[str], max_waiting: int | None
    ) -> None:
        def insert(connection: sa.Connection) -> tuple[None, list[Past]]:
            _, past = _insert_all(connection, added)
            referred = [Holding(image_id, job.owner, job.id) for job in added for image_id in image_ids]
            if referred:
                refer(connection, referred, time.time())
            # After the insertion: whose key was used before gets its job, however many wait.
            if max_waiting is not None and _count_waiting(connection, added[0].owner) > max_waiting:
                raise TooManyWaiting
            return None, past

        try:
            await self._insert(added, insert)
        except IntegrityError:
            taken = await self.find_by_key(added[0])
            if taken is None:
                raise
            raise KeyTaken(taken) from None

    async def _insert(self, added: Sequence[Job], insert: _Insert) -> None:
        def insert_missing(connection: sa.Connection) -> tuple[None, list[Past]]:
            there = sa.select(jobs.c.id).where(jobs.c.id == added[0].id)
            return (None, []) if connection.execute(there).first() is not None else insert(connection)

        try:
            await self._transactions.write_events(insert)
        except OperationalError as error:
            if not is_away(error):
                raise
            # Its connection was lost, perhaps with the answer to a commit; a second loss is for the client.
            await self._transactions.write_events(insert_missing)


def _insert_all(connection: sa.Connection, added: Sequence[Job]) -> tuple[None, list[Past]]:
    connection.execute(jobs.insert(), [rows.to_row(job) for job in added])
    return None, append_events(connection, added)


def _count_waiting(connection: sa.Connection, owner: str) -> int:
    waiting = (jobs.c.state == State.QUEUED) & (jobs.c.owner == owner)
    return connection.execute(sa.select(sa.func.count()).where(waiting)).scalar_one()


def _find_by_key(connection: sa.Connection, job: Job) -> Job | None:
    same = (jobs.c.owner == job.owner) & (jobs.c.idempotency_key == job.idempotency_key)
    row = connection.execute(sa.select(jobs).where(same)).mappings().one_or_none()
    return rows.to_job(row) if row is not None else None
