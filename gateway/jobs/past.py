"""The events of jobs: what happened, in order."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.jobs import rows
from gateway.jobs.job import Job, State
from gateway.jobs.switches import read_switch, write_switch
from gateway.jobs.tables import job_events, jobs
from gateway.jobs.transactions import Past, Transactions

_COLUMNS = (
    job_events.c.seq.label("event_seq"),
    job_events.c.attempt.label("event_attempt"),
    job_events.c.state.label("event_state"),
    job_events.c.snapshot.label("event_snapshot"),
)
_INSERT = job_events.insert().returning(job_events.c.seq)
_INSERT_MANY = job_events.insert().returning(job_events.c.seq, sort_by_parameter_order=True)
# Whoever has seen less than this seq has missed something that is no longer kept.
_FLOOR = "whole_from_seq"


@dataclass(frozen=True, slots=True)
class OldEvent:
    """What decides whether an event is still kept."""

    seq: int
    created_at: float
    is_over: bool  # its job has ended


class JobEvents:
    """Reads what happened to jobs, and forgets what is old."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def of_job(self, job_id: str) -> list[Past]:
        """Returns the events of one job, oldest first."""
        query = _select().where(job_events.c.job_id == job_id)
        return await self._transactions.read(lambda connection: _read(connection, query))

    async def since(self, seq: int, limit: int, owner: str = "") -> list[Past] | None:
        """Returns an owner's events after `seq`, oldest first; None if some are gone or too many."""

        def read(connection: sa.Connection) -> list[Past] | None:
            first, last = connection.execute(
                sa.select(sa.func.min(job_events.c.seq), sa.func.max(job_events.c.seq))
            ).one()
            if seq > (last or 0) or seq < max((first or 1) - 1, _read_floor(connection)):
                return None
            missed = _select().where(job_events.c.seq > seq, jobs.c.owner == owner)
            found = _read(connection, missed.limit(limit + 1))
            return found if len(found) <= limit else None

        return await self._transactions.read(read)

    async def after(self, seq: int, limit: int) -> list[Past]:
        """Returns at most `limit` of the events after `seq` that are kept, oldest first."""
        query = _select().where(job_events.c.seq > seq).limit(limit)
        return await self._transactions.read(lambda connection: _read(connection, query))

    async def last_seq(self) -> int:
        """Returns the seq of the newest event, or 0. Fails when the database does not answer."""
        return await self._transactions.read(read_last_seq)

    async def oldest(self, after_seq: int, limit: int) -> list[OldEvent]:
        """Returns the events after `after_seq`, oldest first."""
        query = (
            sa.select(job_events.c.seq, job_events.c.created_at, jobs.c.state)
            .join(jobs, job_events.c.job_id == jobs.c.id)
            .where(job_events.c.seq > after_seq)
            .order_by(job_events.c.seq)
            .limit(limit)
        )
        rows = await self._transactions.read(lambda connection: connection.execute(query).all())
        return [OldEvent(seq, created_at, State(state).is_final) for seq, created_at, state in rows]

    async def forget(self, seqs: Sequence[int]) -> None:
        """Deletes events; readers who have not seen them all start afresh."""

        def work(connection: sa.Connection) -> None:
            connection.execute(job_events.delete().where(job_events.c.seq.in_(seqs)))
            _raise_floor(connection, max(seqs))

        if seqs:
            await self._transactions.write(work)


def append_event(connection: sa.Connection, job: Job) -> Past:
    """Keeps that a job is now as it is."""
    seq = connection.execute(_INSERT, _to_row(job, time.time())).scalar_one()
    return Past(seq, job)


def append_events(connection: sa.Connection, changed: Sequence[Job]) -> list[Past]:
    """Keeps that jobs are now as they are, in less time than one by one."""
    now = time.time()
    seqs = connection.execute(_INSERT_MANY, [_to_row(job, now) for job in changed]).scalars()
    return [Past(seq, job) for seq, job in zip(seqs, changed, strict=True)]


def _to_row(job: Job, now: float) -> dict[str, Any]:
    return {
        "job_id": job.id,
        "attempt": job.attempt,
        "state": job.state,
        "snapshot": rows.to_snapshot(job),
        "created_at": now,
    }


def skip_past(connection: sa.Connection, last_seq: int) -> None:
    """Has readers who come back with that seq or less start afresh: no event tells what is no more."""
    _raise_floor(connection, last_seq + 1)


def _raise_floor(connection: sa.Connection, seq: int) -> None:
    write_switch(connection, _FLOOR, max(seq, _read_floor(connection)))


def _read_floor(connection: sa.Connection) -> int:
    floor = read_switch(connection, _FLOOR)
    return floor if isinstance(floor, int) else 0


def read_last_seq(connection: sa.Connection) -> int:
    """Returns the seq of the newest event, or 0."""
    query = sa.select(sa.func.coalesce(sa.func.max(job_events.c.seq), 0))
    return int(connection.execute(query).scalar_one())


def _select() -> sa.Select[Any]:
    return (
        sa.select(jobs, *_COLUMNS)
        .join(job_events, job_events.c.job_id == jobs.c.id)
        .order_by(job_events.c.seq)
    )


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Past]:
    return [Past(row["event_seq"], rows.to_past_job(row)) for row in connection.execute(query).mappings()]
