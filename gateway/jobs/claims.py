"""Which gateway works on which job."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from gateway.jobs import rows
from gateway.jobs.announcements import Word, announce
from gateway.jobs.job import Job, Progress, State
from gateway.jobs.presence import is_dead, living
from gateway.jobs.store import compare_and_set, get_job, to_jobs
from gateway.jobs.tables import gateways, jobs
from gateway.jobs.transactions import Past, Transactions

_RECOVERED = ("state", "attempt", "progress", "finished_at", "holder")


class Claims:
    """Has each job given out by one gateway only.

    `holder` names this gateway among those that share the database. A sole one has none: every job is its
    own, and claiming one costs no write.
    """

    def __init__(self, transactions: Transactions, holder: str | None) -> None:
        self._transactions = transactions
        self.holder = holder

    async def take(self, job_id: str, fresh: Job | None) -> Job | None:
        """Returns a waiting job that is this gateway's from now on; None if it is another's or waits no more.

        A sole gateway believes `fresh` instead of reading the job.
        """
        if self.holder is None:
            job = fresh or await self._transactions.read(lambda connection: get_job(connection, job_id))
            return job if job is not None and job.state is State.QUEUED else None
        return await self._transactions.write(lambda connection: self._claim(connection, job_id))

    async def release(self, job: Job) -> Job:
        """Lets any gateway start a job that this one has taken back, and returns it."""
        if job.holder is None:
            return job

        def work(connection: sa.Connection) -> None:
            mine = _is_waiting(job.id) & (jobs.c.holder == job.holder)
            connection.execute(jobs.update().where(mine).values(holder=None))
            announce(connection, Word.RELEASED, job.id, str(job.holder))

        await self._transactions.write(work)
        return replace(job, holder=None)

    async def held(self) -> list[Job]:
        """Returns the jobs that wait at the services to which gateways gave them."""
        query = sa.select(jobs).where(jobs.c.state == State.QUEUED, jobs.c.holder.is_not(None))
        return await self._transactions.read(lambda connection: to_jobs(connection, query))

    async def recover(self) -> None:
        """Puts what dead gateways were working on back in the queue, and ends what they were cancelling."""
        if not await self._transactions.read(self._find_orphans):
            return

        def settle(connection: sa.Connection) -> tuple[None, list[Past]]:
            events: list[Past] = []
            for job in self._find_orphans(connection):
                after = after_restart(job, time.time())
                changes = {name: rows.to_column(getattr(after, name)) for name in _RECOVERED}
                events += compare_and_set(connection, job, after, changes)
            if self.holder is not None:
                connection.execute(gateways.delete().where(is_dead()))
            return None, events

        await self._transactions.write_events(settle)

    def _claim(self, connection: sa.Connection, job_id: str) -> Job | None:
        # One that is already this gateway's was claimed in a transaction whose answer was lost.
        free = _is_waiting(job_id) & (jobs.c.holder.is_(None) | (jobs.c.holder == self.holder))
        claim = jobs.update().where(free).values(holder=self.holder).returning(jobs)
        row = connection.execute(claim).mappings().one_or_none()
        if row is None:
            return None
        announce(connection, Word.CLAIMED, job_id, str(self.holder))
        return rows.to_job(row)

    def _find_orphans(self, connection: sa.Connection) -> Sequence[Job]:
        begun = jobs.c.state.in_([State.RUNNING, State.CANCELLING])
        query = sa.select(jobs).where(begun | ((jobs.c.state == State.QUEUED) & jobs.c.holder.is_not(None)))
        if self.holder is not None:
            query = query.where(jobs.c.holder.is_(None) | jobs.c.holder.not_in(living()))
        return to_jobs(connection, query.order_by(jobs.c.id))


def after_restart(job: Job, now: float) -> Job:
    """Returns what a job that a dead gateway had in hand becomes.

    It is another attempt even if it had not begun: should that gateway live after all, it has nothing to say.
    """
    if job.state is State.CANCELLING:
        return replace(job, state=State.CANCELLED, finished_at=now)
    progress = job.progress
    if job.state is State.RUNNING:
        text = "The studio was restarted in mid-job."
        progress = Progress(image_count=job.progress.image_count, waiting_for=text)
    return replace(job, state=State.QUEUED, attempt=job.attempt + 1, progress=progress, holder=None)


def _is_waiting(job_id: str) -> sa.ColumnElement[bool]:
    return (jobs.c.id == job_id) & (jobs.c.state == State.QUEUED)
