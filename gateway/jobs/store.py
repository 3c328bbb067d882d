from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.jobs import rows
from gateway.jobs.holdings import Holding, add_holdings
from gateway.jobs.job import Job, Progress, State
from gateway.jobs.past import append_event
from gateway.jobs.ranking import arrange
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Past, Transactions


class KeyTaken(Exception):
    """The idempotency key has been used; `job` is what it made."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"The idempotency key {job.idempotency_key!r} belongs to job {job.id}.")
        self.job = job


class JobStore:
    """The record of every job; what it has confirmed survives the death of every process."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def add(self, added: Sequence[Job], image_ids: Collection[str] = ()) -> None:
        """Keeps new jobs, all or none, which refer to `image_ids`; or raises KeyTaken."""

        def insert(connection: sa.Connection) -> tuple[None, list[Past]]:
            connection.execute(jobs.insert(), [rows.to_row(job) for job in added])
            add_holdings(
                connection,
                [Holding(image_id, job.owner, job.id) for job in added for image_id in image_ids],
                time.time(),
            )
            return None, [append_event(connection, job) for job in added]

        try:
            await self._transactions.write_events(insert)
        except IntegrityError:
            taken = await self._transactions.read(lambda connection: _find_by_key(connection, added[0]))
            if taken is None:
                raise
            raise KeyTaken(taken) from None

    async def record(self, before: Job, after: Job) -> bool:
        """Changes a job that still has the attempt and state of `before`; otherwise returns False."""
        changes = {
            field.name: rows.to_column(value)
            for field in fields(after)
            if (value := getattr(after, field.name)) != getattr(before, field.name)
        }
        _, events = await self._transactions.write_events(
            lambda connection: (None, compare_and_set(connection, before, after, changes))
        )
        return bool(events)

    async def rearrange(self, owner: str, ids: Sequence[str]) -> list[Job]:
        """Puts an owner's waiting jobs of `ids` first, in this order, and returns those that changed."""

        def work(connection: sa.Connection) -> list[Job]:
            waiting = (jobs.c.state == State.QUEUED) & (jobs.c.owner == owner)
            changed = arrange(to_jobs(connection, sa.select(jobs).where(waiting)), ids)
            for job in changed:
                values = {"priority": job.priority, "rank": job.rank}
                connection.execute(jobs.update().where(jobs.c.id == job.id).values(values))
            return changed

        return await self._transactions.write(work)

    async def recover(self) -> None:
        """Puts what a dead gateway was running back in the queue, and ends what it was cancelling."""

        def settle(connection: sa.Connection) -> tuple[None, list[Past]]:
            states = [State.RUNNING, State.CANCELLING]
            left = connection.execute(
                sa.select(jobs).where(jobs.c.state.in_(states)).order_by(jobs.c.id)
            ).mappings()
            events: list[Past] = []
            for job in [rows.to_job(row) for row in left]:
                after = after_restart(job, time.time())
                changes = {
                    name: rows.to_column(getattr(after, name))
                    for name in ("state", "attempt", "progress", "finished_at")
                }
                events += compare_and_set(connection, job, after, changes)
            return None, events

        await self._transactions.write_events(settle)

    async def get(self, job_id: str) -> Job | None:
        """Returns the job of that id."""
        return await self._transactions.read(lambda connection: get_job(connection, job_id))

    async def get_all(self, job_ids: Sequence[str]) -> dict[str, Job]:
        """Returns those of the jobs that there are, by id."""
        query = sa.select(jobs).where(jobs.c.id.in_(job_ids))
        found = await self._transactions.read(lambda connection: to_jobs(connection, query))
        return {job.id: job for job in found}

    async def of_batch(self, batch: str) -> list[Job]:
        """Returns the jobs that were sent together, in their order."""
        query = sa.select(jobs).where(jobs.c.batch == batch).order_by(jobs.c.id)
        return await self._transactions.read(lambda connection: to_jobs(connection, query))

    async def queued(self, owner: str | None = None) -> list[Job]:
        """Returns every job that waits, or those of one owner, oldest first."""
        query = sa.select(jobs).where(jobs.c.state == State.QUEUED).order_by(jobs.c.id)
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        return await self._transactions.read(lambda connection: to_jobs(connection, query))


def after_restart(job: Job, now: float) -> Job:
    """Returns what a job that a dead gateway left running or cancelling becomes."""
    if job.state is State.CANCELLING:
        return replace(job, state=State.CANCELLED, finished_at=now)
    progress = Progress(
        image_count=job.progress.image_count, waiting_for="The studio was restarted in mid-job."
    )
    return replace(job, state=State.QUEUED, attempt=job.attempt + 1, progress=progress)


def compare_and_set(
    connection: sa.Connection, before: Job, after: Job, changes: dict[str, Any]
) -> list[Past]:
    """Changes a job that still has the attempt and state of `before`, and holds what it has made."""
    unchanged = (jobs.c.id == before.id) & (jobs.c.attempt == before.attempt) & (jobs.c.state == before.state)
    if connection.execute(jobs.update().where(unchanged).values(changes)).rowcount != 1:
        return []
    made = {image.id for image in after.images} - {image.id for image in before.images}
    add_holdings(connection, [Holding(image_id, after.owner, after.id) for image_id in made], time.time())
    return [append_event(connection, after)]


def to_jobs(connection: sa.Connection, query: sa.Select[Any]) -> list[Job]:
    """Returns the jobs that a query finds."""
    return [rows.to_job(row) for row in connection.execute(query).mappings()]


def get_job(connection: sa.Connection, job_id: str) -> Job | None:
    """Returns the job of that id."""
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().one_or_none()
    return rows.to_job(row) if row is not None else None


def _find_by_key(connection: sa.Connection, job: Job) -> Job | None:
    same = (jobs.c.owner == job.owner) & (jobs.c.idempotency_key == job.idempotency_key)
    row = connection.execute(sa.select(jobs).where(same)).mappings().one_or_none()
    return rows.to_job(row) if row is not None else None
