"""Changes of the order by hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.jobs.job import Job


def arrange(named: Sequence[Job], ids: Sequence[str], highest: int, lowest: float | None) -> list[Job]:
    """Returns the jobs of `ids` as they must be to come first, in this order.

    `highest` is the highest priority and `lowest` the lowest rank among all that wait: as priority goes
    before hand order, they get the one and come before the other. Ids that are not among `named`, and
    repetitions, are passed over.
    """
    by_id = {job.id: job for job in named}
    ordered = [by_id[job_id] for job_id in dict.fromkeys(ids) if job_id in by_id]
    first = min(lowest or 0.0, 0.0) - len(ordered)
    return [replace(job, priority=highest, rank=first + index) for index, job in enumerate(ordered)]
