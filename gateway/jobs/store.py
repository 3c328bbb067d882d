from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.jobs import rows
from gateway.jobs.job import Job, Progress, State
from gateway.jobs.tables import job_events, jobs

Result = TypeVar("Result")
Publish = Callable[[Job, int], None]

_PAST = (
    job_events.c.seq.label("event_seq"),
    job_events.c.attempt.label("event_attempt"),
    job_events.c.state.label("event_state"),
    job_events.c.snapshot.label("event_snapshot"),
)


@dataclass(frozen=True, slots=True)
class Past:
    """A job as it was at one event."""

    seq: int
    job: Job


class KeyTaken(Exception):
    """The idempotency key has been used; `job` is what it made."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"The idempotency key {job.idempotency_key!r} belongs to job {job.id}.")
        self.job = job


class JobStore:
    """The record of every job and its events; what it has confirmed survives the death of every process.

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

    async def add(self, job: Job) -> None:
        """Keeps a new job, or raises KeyTaken."""

        def insert(connection: sa.Connection) -> list[Past]:
            connection.execute(jobs.insert().values(rows.to_row(job)))
            return [_append_event(connection, job)]

        try:
            await self._write(insert)
        except IntegrityError:
            taken = await self._read(lambda connection: _find_by_key(connection, job))
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
        events = await self._write(lambda connection: _compare_and_set(connection, before, after, changes))
        return bool(events)

    async def recover(self) -> None:
        """Puts what a dead gateway was running back in the queue, and ends what it was cancelling."""

        def settle(connection: sa.Connection) -> list[Past]:
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
                events += _compare_and_set(connection, job, after, changes)
            return events

        await self._write(settle)

    async def get(self, job_id: str) -> Job | None:
        """Returns the job of that id."""
        return await self._read(lambda connection: _get(connection, job_id))

    async def page(self, states: Sequence[State], before_id: str | None, limit: int) -> list[Job]:
        """Returns at most `limit` jobs older than `before_id` in `states` (empty: any), newest first."""
        query = sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit)
        if states:
            query = query.where(jobs.c.state.in_(states))
        if before_id is not None:
            query = query.where(jobs.c.id < before_id)
        return await self._read(lambda connection: _to_jobs(connection, query))

    async def queued(self) -> list[Job]:
        """Returns every job that waits, oldest first."""
        query = sa.select(jobs).where(jobs.c.state == State.QUEUED).order_by(jobs.c.id)
        return await self._read(lambda connection: _to_jobs(connection, query))

    async def history(self, job_id: str) -> list[Past]:
        """Returns the events of one job, oldest first."""
        query = _select_past().where(job_events.c.job_id == job_id)
        return await self._read(lambda connection: _to_past(connection, query))

    async def since(self, seq: int, limit: int) -> list[Past] | None:
        """Returns the events after `seq`, oldest first; None if not all are kept or they are over `limit`."""

        def read(connection: sa.Connection) -> list[Past] | None:
            first, last = connection.execute(
                sa.select(sa.func.min(job_events.c.seq), sa.func.max(job_events.c.seq))
            ).one()
            if seq > (last or 0) or seq < (first or 1) - 1:
                return None
            found = _to_past(connection, _select_past().where(job_events.c.seq > seq).limit(limit + 1))
            return found if len(found) <= limit else None

        return await self._read(read)

    async def last_seq(self) -> int:
        """Returns the seq of the newest event, or 0. Fails when the database does not answer."""
        query = sa.select(sa.func.coalesce(sa.func.max(job_events.c.seq), 0))
        return await self._read(lambda connection: int(connection.execute(query).scalar_one()))

    async def _write(self, work: Callable[[sa.Connection], list[Past]]) -> list[Past]:
        loop = asyncio.get_running_loop()

        def run() -> list[Past]:
            with self._engine.begin() as connection:
                events = work(connection)
            for event in events:
                loop.call_soon_threadsafe(self._publish, event.job, event.seq)
            return events

        # Shielded: a caller that goes away must not leave a transaction half queued.
        return await asyncio.shield(loop.run_in_executor(self._writer, run))

    async def _read(self, work: Callable[[sa.Connection], Result]) -> Result:
        def run() -> Result:
            with self._engine.connect() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)


def after_restart(job: Job, now: float) -> Job:
    """Returns what a job that a dead gateway left running or cancelling becomes."""
    if job.state is State.CANCELLING:
        return replace(job, state=State.CANCELLED, finished_at=now)
    progress = Progress(
        image_count=job.progress.image_count, waiting_for="The studio was restarted in mid-job."
    )
    return replace(job, state=State.QUEUED, attempt=job.attempt + 1, progress=progress)


def _compare_and_set(
    connection: sa.Connection, before: Job, after: Job, changes: dict[str, Any]
) -> list[Past]:
    unchanged = (jobs.c.id == before.id) & (jobs.c.attempt == before.attempt) & (jobs.c.state == before.state)
    if connection.execute(jobs.update().where(unchanged).values(changes)).rowcount != 1:
        return []
    return [_append_event(connection, after)]


def _append_event(connection: sa.Connection, job: Job) -> Past:
    statement = job_events.insert().values(
        job_id=job.id,
        attempt=job.attempt,
        state=job.state,
        snapshot=rows.to_snapshot(job),
        created_at=time.time(),
    )
    return Past(connection.execute(statement.returning(job_events.c.seq)).scalar_one(), job)


def _select_past() -> sa.Select[Any]:
    return (
        sa.select(jobs, *_PAST).join(job_events, job_events.c.job_id == jobs.c.id).order_by(job_events.c.seq)
    )


def _to_past(connection: sa.Connection, query: sa.Select[Any]) -> list[Past]:
    return [Past(row["event_seq"], rows.to_past_job(row)) for row in connection.execute(query).mappings()]


def _to_jobs(connection: sa.Connection, query: sa.Select[Any]) -> list[Job]:
    return [rows.to_job(row) for row in connection.execute(query).mappings()]


def _get(connection: sa.Connection, job_id: str) -> Job | None:
    row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).mappings().one_or_none()
    return rows.to_job(row) if row is not None else None


def _find_by_key(connection: sa.Connection, job: Job) -> Job | None:
    same = (jobs.c.owner == job.owner) & (jobs.c.idempotency_key == job.idempotency_key)
    row = connection.execute(sa.select(jobs).where(same)).mappings().one_or_none()
    return rows.to_job(row) if row is not None else None
