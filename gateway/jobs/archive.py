"""The history of jobs: found again, starred, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.jobs.job import Job, Kind, State
from gateway.jobs.store import get_job, to_jobs
from gateway.jobs.tables import image_refs, jobs
from gateway.jobs.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Search:
    """What jobs are looked for; what is empty does not matter."""

    owner: str
    states: tuple[State, ...] = ()
    kinds: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()  # all of them, anywhere in the prompt, in any case
    only_favourites: bool = False
    batch: str | None = None
    before_id: str | None = None


class Archive:
    """Every job there is, newest first."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(self, search: Search, limit: int) -> list[Job]:
        """Returns at most `limit` of the jobs that are looked for, newest first."""
        query = _select(search).order_by(jobs.c.id.desc()).limit(limit)
        return await self._transactions.read(lambda connection: to_jobs(connection, query))

    async def star(self, job_id: str, is_favourite: bool) -> Job | None:
        """Marks a job as one to be kept, or no longer, and returns it."""

        def work(connection: sa.Connection) -> Job | None:
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(is_favourite=is_favourite))
            return get_job(connection, job_id)

        return await self._transactions.write(work)

    async def delete(self, job_ids: Sequence[str]) -> list[str]:
        """Forgets ended jobs, and returns the images that they held and that nobody holds now."""

        def work(connection: sa.Connection) -> list[str]:
            final = [state for state in State if state.is_final]
            query = sa.select(jobs.c.id).where(jobs.c.id.in_(job_ids), jobs.c.state.in_(final))
            gone = list(connection.execute(query).scalars())
            held = sa.select(image_refs.c.image_id).where(image_refs.c.job_id.in_(gone)).distinct()
            images = set(connection.execute(held).scalars())
            connection.execute(image_refs.delete().where(image_refs.c.job_id.in_(gone)))
            connection.execute(jobs.delete().where(jobs.c.id.in_(gone)))
            still = sa.select(image_refs.c.image_id).where(image_refs.c.image_id.in_(images)).distinct()
            return sorted(images - set(connection.execute(still).scalars()))

        return await self._transactions.write(work)


def _select(search: Search) -> sa.Select[Any]:
    query = sa.select(jobs).where(jobs.c.owner == search.owner)
    if search.states:
        query = query.where(jobs.c.state.in_(search.states))
    if search.kinds:
        query = query.where(jobs.c.kind.in_(search.kinds))
    if search.only_favourites:
        query = query.where(jobs.c.is_favourite)
    if search.batch is not None:
        query = query.where(jobs.c.batch == search.batch)
    if search.before_id is not None:
        query = query.where(jobs.c.id < search.before_id)
    for word in search.words:
        query = query.where(jobs.c.prompt.icontains(word, autoescape=True))
    return query
