from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice

from gateway.jobs.job import Job, Progress, Stage, State
from gateway.jobs.order import Entry, Line


class Board:
    """What the tables do not say: who is where in the queue, and how far running jobs are this moment."""

    def __init__(self) -> None:
        self.line = Line()
        self.in_hand: dict[str, Progress] = {}  # of jobs given to a service, in the order they were given
        self.obstacles: dict[str, str] = {}  # why nothing of a capability can start, in plain words

    def queue(self, job: Job) -> None:
        """Puts `job` in line."""
        self.line.add(Entry(job.id, job.capability, job.priority, job.rank, job.model, job.created_at))

    def waiting(self, limit: int) -> list[str]:
        """Returns the ids of at most `limit` jobs that have not started, the next one first."""
        return list(islice(chain(self._given_but_waiting(), self.line), limit))

    def waiting_count(self) -> int:
        """Returns how many jobs have not started."""
        return len(self._given_but_waiting()) + len(self.line)

    def view(self, job: Job) -> Job:
        """Returns `job` with what is known of it beyond its row."""
        if job.state.is_final:
            return job
        live = self.in_hand.get(job.id)
        if live is not None and (job.state is not State.QUEUED or live.stage is Stage.WAITING):
            job = replace(job, progress=live)
        if job.state is State.QUEUED:
            return replace(job, progress=self._waiting_progress(job))
        return job

    def _waiting_progress(self, job: Job) -> Progress:
        ahead = self._given_but_waiting()
        if job.id in ahead:
            return replace(job.progress, queue_position=ahead.index(job.id) + 1)
        position = self.line.position(job.id)
        return replace(
            job.progress,
            queue_position=None if position is None else position + len(ahead),
            waiting_for=self.obstacles.get(job.capability) or job.progress.waiting_for,
        )

    def _given_but_waiting(self) -> list[str]:
        return [job_id for job_id, progress in self.in_hand.items() if progress.stage is Stage.WAITING]
