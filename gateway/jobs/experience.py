"""How fast this machine was of late: what its own finished jobs took."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.jobs.job import Job, State
from gateway.jobs.store import to_jobs
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Transactions

_LATEST = 64


@dataclass(frozen=True, slots=True)
class Experience:
    """Reads what jobs of one model took, whoever sent them."""

    transactions: Transactions

    async def latest(self, model: str) -> list[Job]:
        """Returns the newest jobs of a model that succeeded, the latest first."""
        query = (
            sa.select(jobs)
            .where(jobs.c.model == model, jobs.c.state == State.SUCCEEDED)
            .order_by(jobs.c.id.desc())
            .limit(_LATEST)
        )
        return await self.transactions.read(lambda connection: to_jobs(connection, query))
