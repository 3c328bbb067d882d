from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.jobs.job import Kind, State
from gateway.jobs.switches import read_paused
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that are alike, none of which has ended."""

    kind: Kind
    state: State
    priority: int
    count: int
    oldest_at: float  # when the first of them was accepted, s since the epoch


@dataclass(frozen=True, slots=True)
class Count:
    """Every job that has not ended, in groups, and whether those that wait may start."""

    groups: Sequence[Group] = ()
    is_paused: bool = False


class Census:
    """Counts the jobs of the whole studio, whichever gateway works on them."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def take(self) -> Count:
        """Counts the jobs that have not ended."""
        alike = (jobs.c.kind, jobs.c.state, jobs.c.priority)
        query = (
            sa.select(*alike, sa.func.count(), sa.func.min(jobs.c.created_at))
            .where(jobs.c.state.in_([state for state in State if not state.is_final]))
            .group_by(*alike)
        )

        def work(connection: sa.Connection) -> Count:
            found = connection.execute(query).all()
            groups = [Group(Kind(kind), State(state), *rest) for kind, state, *rest in found]
            return Count(groups, read_paused(connection))

        return await self._transactions.read(work)
