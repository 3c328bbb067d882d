from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice

from gateway.jobs.forecast import Forecast
from gateway.jobs.job import Job, Progress, Stage, State
from gateway.jobs.order import AGE_LIMIT_S, Entry, Line

PAUSED = "The queue is paused; resume it to go on."
HELD_BACK = f"Held back to avoid a model switch, {AGE_LIMIT_S:.0f} s at the longest."


class Board:
    """What the tables do not say: who is where in the queue, and how far running jobs are this moment."""

    def __init__(self, forecast: Forecast) -> None:
        self.forecast = forecast
        self.line = Line()
        self.in_hand: dict[str, Progress] = {}  # of jobs given to a service, in the order they were given
        self.owners: dict[str, str] = {}  # of those
        self.elsewhere: dict[str, str] = {}  # owners of jobs that wait at a service of another gateway
        self.obstacles: dict[str, str] = {}  # why nothing of a capability can start, in plain words
        self.held_back: dict[str, str] = {}  # by capability: its first job, which others overtake
        self.is_paused = False

    def queue(self, job: Job) -> None:
        """Puts `job` in line."""
        self.line.add(to_entry(job))

    def waiting(self, owner: str, limit: int) -> list[str]:
        """Returns at most `limit` of an owner's jobs that have not started, the next one first."""
        owners = self.owners | self.elsewhere
        given = [job_id for job_id in self._given_but_waiting() if owners.get(job_id) == owner]
        return list(islice(chain(given, self.line.owned(owner)), limit))

    def waiting_count(self) -> int:
        """Returns how many jobs have not started, whoever owns them."""
        return len(self._given_but_waiting()) + len(self.line)

    def held_up_by(self) -> str | None:
        """Returns why no job in line can start, in plain words; None when one can, or none is in line."""
        if self.is_paused:
            return PAUSED
        obstacles = [self.obstacles.get(name) for name in self.line.capabilities]
        return obstacles[0] if obstacles and all(obstacles) else None

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
        given = self._given_but_waiting()
        running_s = sum(
            live.eta_s or 0.0 for live in self.in_hand.values() if live.stage is not Stage.WAITING
        )
        if job.id in given:
            place = given.index(job.id)
            eta_s = self.forecast.end_s(job.capability, {job.capability: place}, running_s)
            return replace(job.progress, queue_position=place + 1, eta_s=eta_s)
        ahead = self.line.ahead(job.id)
        if ahead is None:
            return replace(job.progress, waiting_for=self._obstacle(job) or job.progress.waiting_for)
        # Of those that services have, it is not said what they are.
        ahead[job.capability] += len(given)
        eta_s = self.forecast.end_s(job.capability, ahead, running_s)
        return replace(
            job.progress,
            queue_position=sum(ahead.values()) + 1,
            eta_s=None if self.is_paused else eta_s,
            waiting_for=self._obstacle(job) or job.progress.waiting_for,
        )

    def _obstacle(self, job: Job) -> str | None:
        if self.is_paused:
            return PAUSED
        if self.held_back.get(job.capability) == job.id:
            return HELD_BACK
        return self.obstacles.get(job.capability)

    def _given_but_waiting(self) -> list[str]:
        here = [job_id for job_id, progress in self.in_hand.items() if progress.stage is Stage.WAITING]
        return here + [job_id for job_id in self.elsewhere if job_id not in self.in_hand]


def to_entry(job: Job) -> Entry:
    """Returns what the order of a job depends on."""
    return Entry(job.id, job.capability, job.priority, job.rank, job.model, job.created_at, job.owner)
