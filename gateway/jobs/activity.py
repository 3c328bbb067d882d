"""What the studio did of late, minute by minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles

import sqlalchemy as sa

from gateway.jobs.job import State
from gateway.jobs.tables import jobs
from gateway.jobs.transactions import Transactions

MINUTES = 60
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Ending:
    """How one job ended."""

    state: State
    finished_at: float  # s since the epoch
    wait_s: float | None  # until it was begun; None for what never was


@dataclass(frozen=True, slots=True)
class Minute:
    """The jobs that ended within one minute."""

    begins_at: float  # s since the epoch
    succeeded: int
    failed: int
    wait_p50_s: float | None  # until they were begun; None where there were none
    wait_p95_s: float | None


class Activity:
    """Reads when the jobs of the whole studio ended, whoever sent them."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def last_hour(self, now_s: float) -> list[Minute]:
        """Returns the minutes of the last hour, the current one last."""
        columns = (jobs.c.state, jobs.c.finished_at, jobs.c.started_at, jobs.c.created_at)
        query = sa.select(*columns).where(jobs.c.finished_at >= _first_minute(now_s))
        found = await self._transactions.read(lambda connection: connection.execute(query).all())
        endings = (
            Ending(State(state), finished_at, None if started_at is None else started_at - created_at)
            for state, finished_at, started_at, created_at in found
        )
        return tally(endings, now_s)


def tally(endings: Iterable[Ending], now_s: float) -> list[Minute]:
    """Sorts endings into the minutes of the last hour; what ended before or is yet to end is left out."""
    first_s = _first_minute(now_s)
    minutes: list[list[Ending]] = [[] for _ in range(MINUTES)]
    for ending in endings:
        index = int((ending.finished_at - first_s) // _MINUTE_S)
        if 0 <= index < MINUTES:
            minutes[index].append(ending)
    return [_sum_up(first_s + index * _MINUTE_S, each) for index, each in enumerate(minutes)]


def _first_minute(now_s: float) -> float:
    return (now_s // _MINUTE_S - MINUTES + 1) * _MINUTE_S


def _sum_up(begins_at: float, endings: Sequence[Ending]) -> Minute:
    waits_s = [ending.wait_s for ending in endings if ending.wait_s is not None]
    # One value is every quantile of itself, which `quantiles` does not want to say.
    cuts_s = quantiles(waits_s, n=20, method="inclusive") if len(waits_s) > 1 else waits_s * 19
    return Minute(
        begins_at,
        succeeded=sum(ending.state is State.SUCCEEDED for ending in endings),
        failed=sum(ending.state is State.FAILED for ending in endings),
        wait_p50_s=cuts_s[9] if cuts_s else None,
        wait_p95_s=cuts_s[18] if cuts_s else None,
    )
