"""The events of jobs: what happened, in order."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa

from gateway.jobs import rows
from gateway.jobs.job import Job
from gateway.jobs.tables import job_events, jobs
from gateway.jobs.transactions import Past, Transactions

_COLUMNS = (
    job_events.c.seq.label("event_seq"),
    job_events.c.attempt.label("event_attempt"),
    job_events.c.state.label("event_state"),
    job_events.c.snapshot.label("event_snapshot"),
)


class JobEvents:
    """Reads what happened to jobs."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of_job(self, job_id: str) -> list[Past]:
        """Returns the events of one job, oldest first."""
        query = _select().where(job_events.c.job_id == job_id)
        return await self._transactions.read(lambda connection: _read(connection, query))

    async def since(self, seq: int, limit: int) -> list[Past] | None:
        """Returns the events after `seq`, oldest first; None if not all are kept or they are over `limit`."""

        def read(connection: sa.Connection) -> list[Past] | None:
            first, last = connection.execute(
                sa.select(sa.func.min(job_events.c.seq), sa.func.max(job_events.c.seq))
            ).one()
            if seq > (last or 0) or seq < (first or 1) - 1:
                return None
            found = _read(connection, _select().where(job_events.c.seq > seq).limit(limit + 1))
            return found if len(found) <= limit else None

        return await self._transactions.read(read)

    async def last_seq(self) -> int:
        """Returns the seq of the newest event, or 0. Fails when the database does not answer."""
        query = sa.select(sa.func.coalesce(sa.func.max(job_events.c.seq), 0))
        return await self._transactions.read(lambda connection: int(connection.execute(query).scalar_one()))


def append_event(connection: sa.Connection, job: Job) -> Past:
    """Keeps that a job is now as it is."""
    statement = job_events.insert().values(
        job_id=job.id,
        attempt=job.attempt,
        state=job.state,
        snapshot=rows.to_snapshot(job),
        created_at=time.time(),
    )
    return Past(connection.execute(statement.returning(job_events.c.seq)).scalar_one(), job)


def _select() -> sa.Select[Any]:
    return (
        sa.select(jobs, *_COLUMNS)
        .join(job_events, job_events.c.job_id == jobs.c.id)
        .order_by(job_events.c.seq)
    )


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Past]:
    return [Past(row["event_seq"], rows.to_past_job(row)) for row in connection.execute(query).mappings()]
