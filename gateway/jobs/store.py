from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import Any

import sqlalchemy as sa

from gateway.jobs import rows
from gateway.jobs.announcements import Word, announce
from gateway.jobs.holdings import Holding, add_holdings
from gateway.jobs.intake import Intake
from gateway.jobs.job import Job, State, only_ids
from gateway.jobs.order import Entry
from gateway.jobs.past import append_event, append_events
from gateway.jobs.ranking import arrange
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Past, Transactions

_ANNOUNCED_AT_ONCE = 100  # ids: an announcement has at most 8,000 bytes


class JobStore:
    """The record of every job; what it has confirmed survives the death of every process."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions
        self._intake = Intake(transactions)

    async def add(
        self, added: Sequence[Job], image_ids: Collection[str] = (), max_waiting: int | None = None
    ) -> None:
        """Keeps new jobs of one owner, all or none, which refer to `image_ids`.

        Raises KeyTaken, ImagesGone, or TooManyWaiting if then more than `max_waiting` of the owner's waited.
        """
        await self._intake.add(added, image_ids, max_waiting)

    async def is_kept(self, job: Job) -> bool:
        """Tells whether the idempotency key of `job` has been used."""
        return job.idempotency_key is not None and await self._intake.find_by_key(job) is not None

    async def record(self, before: Job, after: Job, *, is_repeated: bool = False) -> bool:
        """Changes a job that still has the attempt and state of `before`; otherwise returns False.

        One `is_repeated` when it was tried before and perhaps committed: then there is nothing left to do.
        Where nothing differs, nothing is written or told.
        """
        changes = {
            field.name: rows.to_column(value)
            for field in fields(after)
            if (value := getattr(after, field.name)) != getattr(before, field.name)
        }

        def work(connection: sa.Connection) -> tuple[bool, list[Past]]:
            if is_repeated and _has(connection, after, changes):
                return True, []
            if not changes:
                now = get_job(connection, before.id)
                return now is not None and (now.attempt, now.state) == (before.attempt, before.state), []
            events = compare_and_set(connection, before, after, changes)
            return bool(events), events

        is_recorded, _ = await self._transactions.write_events(work)
        return is_recorded

    async def rearrange(self, owner: str, ids: Sequence[str]) -> list[Job]:
        """Puts an owner's waiting jobs of `ids` first, in this order, and returns those that changed."""

        def work(connection: sa.Connection) -> list[Job]:
            waiting = (jobs.c.state == State.QUEUED) & (jobs.c.owner == owner)
            extremes = sa.select(sa.func.max(jobs.c.priority), sa.func.min(jobs.c.rank)).where(waiting)
            highest, lowest = connection.execute(extremes).one()
            named = sa.select(jobs).where(waiting, jobs.c.id.in_(only_ids(ids)))
            # Locked in one order, or two that rearrange would wait for one another.
            found = to_jobs(connection, named.order_by(jobs.c.id).with_for_update())
            changed = arrange(found, ids, highest, lowest)
            for job in changed:
                values = {"priority": job.priority, "rank": job.rank}
                connection.execute(jobs.update().where(jobs.c.id == job.id).values(values))
            for start in range(0, len(changed), _ANNOUNCED_AT_ONCE):
                announce(connection, Word.ORDER, *(job.id for job in changed[start:][:_ANNOUNCED_AT_ONCE]))
            return changed

        return await self._transactions.write(work)

    async def get(self, job_id: str) -> Job | None:
        """Returns the job of that id."""
        return await self._transactions.read(lambda connection: get_job(connection, job_id))

    async def get_all(self, job_ids: Collection[str]) -> dict[str, Job]:
        """Returns those of the jobs that there are, by id."""
        query = sa.select(jobs).where(jobs.c.id.in_(job_ids))
        found = await self._transactions.read(lambda connection: to_jobs(connection, query))
        return {job.id: job for job in found}

    async def of_batch(self, batch: str) -> list[Job]:
        """Returns the jobs that were sent together, in their order."""
        query = sa.select(jobs).where(jobs.c.batch == batch).order_by(jobs.c.id)
        return await self._transactions.read(lambda connection: to_jobs(connection, query))

    async def line(self) -> list[Entry]:
        """Returns what the order of the jobs that no gateway has claimed depends on, oldest first.

        That takes a tenth of the time of reading whole jobs.
        """
        columns = [jobs.c[field.name] for field in fields(Entry)]
        unclaimed = (jobs.c.state == State.QUEUED) & jobs.c.holder.is_(None)
        query = sa.select(*columns).where(unclaimed).order_by(jobs.c.id)
        return await self._transactions.read(
            lambda connection: [Entry(*row) for row in connection.execute(query)]
        )

    async def cancel_waiting(self, owner: str, last_id: str, limit: int) -> list[str]:
        """Cancels at most `limit` of an owner's jobs that wait, the oldest, none younger than `last_id`.

        Returns their ids.
        """
        waiting = sa.select(jobs).where(
            jobs.c.state == State.QUEUED, jobs.c.owner == owner, jobs.c.id <= last_id
        )

        def work(connection: sa.Connection) -> tuple[list[str], list[Past]]:
            found = to_jobs(connection, waiting.order_by(jobs.c.id).limit(limit).with_for_update())
            changes = {"state": State.CANCELLED, "finished_at": time.time()}
            ids = [job.id for job in found]
            connection.execute(jobs.update().where(jobs.c.id.in_(ids)).values(changes))
            events = append_events(connection, [replace(job, **changes) for job in found]) if found else []
            return ids, events

        cancelled, _ = await self._transactions.write_events(work)
        return cancelled


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


def _has(connection: sa.Connection, after: Job, changes: dict[str, Any]) -> bool:
    now = get_job(connection, after.id)
    return now is not None and all(getattr(now, name) == getattr(after, name) for name in changes)
