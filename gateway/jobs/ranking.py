"""Changes of the order by hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.jobs.job import Job


def arrange(waiting: Sequence[Job], ids: Sequence[str]) -> list[Job]:
    """Returns the jobs that change so that those of `ids` come first, in this order; others stay behind.

    As priority goes before hand order, they get the highest priority among those that wait. Ids that do not
    wait, and repetitions, are passed over.
    """
    by_id = {job.id: job for job in waiting}
    named = [by_id[job_id] for job_id in dict.fromkeys(ids) if job_id in by_id]
    if not named:
        return []
    priority = max(job.priority for job in waiting)
    first = min((job.rank for job in waiting if job.rank is not None), default=0.0) - len(named)
    return [replace(job, priority=priority, rank=first + index) for index, job in enumerate(named)]
