"""The history of jobs: found again, starred, forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.jobs.announcements import Word, announce
from gateway.jobs.job import Job, Kind, State, only_ids
from gateway.jobs.past import read_last_seq, skip_past
from gateway.jobs.rows import to_searchable
from gateway.jobs.store import get_job, to_jobs
from gateway.jobs.tables import image_refs, jobs
from gateway.jobs.transactions import Transactions

ENDED = tuple(state for state in State if state.is_final)


@dataclass(frozen=True, slots=True)
class Search:
    """What jobs are looked for; what is empty does not matter."""

    owner: str
    states: tuple[State, ...] = ()
    kinds: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()  # all of them, anywhere in the prompt, in any case
    only_favourites: bool = False
    batch: str | None = None
    models: tuple[str, ...] = ()
    since_s: float | None = None  # seconds since 1970, of when they were accepted
    until_s: float | None = None  # exclusive
    before_id: str | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What forgetting jobs did."""

    job_ids: tuple[str, ...]
    image_ids: tuple[str, ...]  # that only they held


class Archive:
    """Every job there is, newest first."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def page(self, search: Search, limit: int) -> list[Job]:
        """Returns at most `limit` of the jobs that are looked for, newest first."""
        query = select_page(search, limit)
        return await self._transactions.read(lambda connection: to_jobs(connection, query))

    async def star(self, job_id: str, is_favourite: bool) -> Job | None:
        """Marks a job as one to be kept, or no longer, and returns it."""

        def work(connection: sa.Connection) -> Job | None:
            connection.execute(jobs.update().where(jobs.c.id == job_id).values(is_favourite=is_favourite))
            return get_job(connection, job_id)

        return await self._transactions.write(work)

    async def unended(self, job_ids: Sequence[str], owner: str | None = None) -> list[str]:
        """Returns those of the jobs that have not ended, of one owner or of all."""
        unended = jobs.c.state.not_in(ENDED)
        query = sa.select(jobs.c.id).where(jobs.c.id.in_(only_ids(job_ids)), unended)
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        return await self._transactions.read(lambda connection: list(connection.execute(query).scalars()))

    async def forget(
        self, job_ids: Sequence[str], owner: str | None = None, *, spares_favourites: bool = False
    ) -> Forgotten:
        """Deletes those of the jobs that have ended, their events and what they held, of one owner or of all.

        The images that nobody holds now are still to be dropped.
        """
        which = jobs.c.id.in_(only_ids(job_ids)) & jobs.c.state.in_(ENDED)
        if owner is not None:
            which &= jobs.c.owner == owner
        if spares_favourites:
            which &= ~jobs.c.is_favourite

        def work(connection: sa.Connection) -> Forgotten:
            last_seq = read_last_seq(connection)
            gone = tuple(connection.execute(jobs.delete().where(which).returning(jobs.c.id)).scalars())
            if not gone:
                return Forgotten((), ())
            released = image_refs.delete().where(image_refs.c.job_id.in_(gone))
            images = set(connection.execute(released.returning(image_refs.c.image_id)).scalars())
            still = sa.select(image_refs.c.image_id).where(image_refs.c.image_id.in_(images)).distinct()
            skip_past(connection, last_seq)
            announce(connection, Word.FORGOTTEN)
            return Forgotten(gone, tuple(sorted(images - set(connection.execute(still).scalars()))))

        return await self._transactions.write(work)


def select_page(search: Search, limit: int) -> sa.Select[Any]:
    """Returns the query for the newest of the jobs that are looked for."""
    query = sa.select(jobs).where(jobs.c.owner == search.owner)
    if search.states:
        query = query.where(jobs.c.state.in_(search.states))
    if search.kinds:
        query = query.where(jobs.c.kind.in_(search.kinds))
    if search.only_favourites:
        query = query.where(jobs.c.is_favourite)
    if search.batch is not None:
        query = query.where(jobs.c.batch == search.batch)
    if search.models:
        query = query.where(jobs.c.model.in_(search.models))
    # Ids sort by age, and by id the index finds the first one at once, however much is older.
    if search.since_s is not None:
        query = query.where(jobs.c.id >= _first_id_at(search.since_s))
    if search.until_s is not None:
        query = query.where(jobs.c.id < _first_id_at(search.until_s))
    if search.before_id is not None:
        query = query.where(jobs.c.id < search.before_id)
    if any("\0" in word for word in (*search.words, *search.models)):
        # Neither prompts nor models have it, and Postgres takes no text that does.
        return query.where(sa.false())
    for word in search.words:
        query = query.where(jobs.c.prompt.contains(to_searchable(word), autoescape=True))
    return query.order_by(jobs.c.id.desc()).limit(limit)


def _first_id_at(time_s: float) -> str:
    """Returns what no uuid7 made at that time or later sorts before."""
    digits = f"{min(max(int(time_s * 1000), 0), 2**48 - 1):012x}"
    return f"{digits[:8]}-{digits[8:]}-"
