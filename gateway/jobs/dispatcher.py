from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextvars import Context
from dataclasses import replace

import structlog

from gateway import schemas
from gateway.events import Signal
from gateway.jobs.attempt import Attempt, Ending
from gateway.jobs.board import PAUSED, to_entry
from gateway.jobs.books import Books
from gateway.jobs.job import Fault, Job, Progress, State
from gateway.jobs.order import Entry
from gateway.jobs.verdict import Verdict
from gateway.replicas import Replica
from gateway.views import show_job
from limner.logs import bind_job

log = structlog.get_logger(__name__)

# A replica that failed is left alone for this long, doubled with each further failure up to the maximum.
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 2.0
_SHOWN_IN_QUEUE = 100
_FRESH_LIMIT = 256


class Dispatcher:
    """Hands waiting jobs to replicas as soon as there is both: nothing here polls.

    Each replica holds one job that runs and one that waits, so that it goes from one to the next without a
    pause and its arbiter sees what comes.
    """

    def __init__(self, books: Books, replicas: Sequence[Replica]) -> None:
        self._books = books
        self._board = books.board
        self._replicas = replicas
        self._attempts: dict[str, Attempt] = {}
        self._given: dict[str, Entry] = {}  # where the jobs of the attempts were in line
        self._fresh: dict[str, Job] = {}  # as they are in the store, to spare reading them again
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Takes up what the last gateway left."""
        await self._books.store.recover()
        self._board.is_paused = await self._books.switches.is_paused()
        for job in await self._books.store.queued():
            self._queue(job)
        self._fill()

    async def stop(self) -> None:
        """Hangs up every call; running jobs go on from their checkpoints at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Puts jobs that are already in the store in line."""
        for job in jobs:
            self._books.traces.accept(job.id)
            self._queue(job)
        self._withdraw()
        self._fill()

    async def pause(self, is_paused: bool) -> None:
        """Keeps waiting jobs from starting, or lets them; what runs goes on."""
        await self._books.switches.pause(is_paused)
        self._board.is_paused = is_paused
        self._withdraw()
        self._fill()

    async def rearrange(self, owner: str, ids: Sequence[str]) -> None:
        """Puts an owner's waiting jobs of `ids` first, in this order."""
        self._replace(await self._books.store.rearrange(owner, ids))

    async def prioritise(self, job: Job, priority: int) -> Job:
        """Gives a job that waits another priority and returns it; any other stays as it is."""
        after = replace(job, priority=priority, rank=None)
        if job.state is not State.QUEUED or not await self._books.store.record(job, after):
            return job
        self._replace([after])
        return after

    async def clear(self, owner: str) -> list[Job]:
        """Cancels every job of an owner that waits, and returns them."""
        ended = [await self.cancel(job.id) for job in await self._books.store.queued(owner)]
        return [job for job in ended if job is not None and job.state is State.CANCELLED]

    async def cancel(self, job_id: str) -> Job | None:
        """Cancels a job and returns it: cancelled if it had not started, else cancelling, or as it ended."""
        while (job := await self._books.store.get(job_id)) is not None:
            if job.state.is_final or job.state is State.CANCELLING:
                return job
            if job.state is State.QUEUED:
                after = replace(job, state=State.CANCELLED, finished_at=time.time())
            else:
                after = replace(job, state=State.CANCELLING, progress=self._board.view(job).progress)
            if await self._books.store.record(job, after):
                self._hang_up(job_id)
                return after
        return None

    def _queue(self, job: Job) -> None:
        self._board.queue(job)
        if len(self._fresh) < _FRESH_LIMIT:
            self._fresh[job.id] = job

    def _replace(self, changed: Sequence[Job]) -> None:
        for job in changed:
            if job.id in self._board.line:
                self._queue(job)
            elif job.id in self._given:
                self._given[job.id] = to_entry(job)
        self._withdraw()
        self._fill()

    def _hang_up(self, job_id: str) -> None:
        self._board.line.discard(job_id)
        self._fresh.pop(job_id, None)
        attempt = self._attempts.get(job_id)
        if attempt is not None:
            attempt.cancel()
        self._announce()

    def _fill(self) -> None:
        """Gives jobs to free replicas, the least busy first, until there is no more of either."""
        free: list[Replica] = (
            [] if self._board.is_paused else [replica for replica in self._replicas if replica.is_free]
        )
        while free:
            replica = min(free, key=_load)
            job_id = self._choose(replica)
            if job_id is None:
                free = [other for other in free if other.service is not replica.service]
                continue
            self._given[job_id] = self._board.line.take(job_id)
            self._board.in_hand[job_id] = Progress()
            replica.jobs.add(job_id)
            self._attempts[job_id] = Attempt(job_id, self._fresh.pop(job_id, None), replica, self._books)
            self._spawn(self._work(job_id, replica))
            free = [other for other in free if other.is_free]
        self._announce()

    def _choose(self, replica: Replica) -> str | None:
        name, line = replica.service.name, self._board.line
        first, chosen = line.first(name), line.choose(name, [replica.warm_model], time.time())
        self._board.held_back.pop(name, None)
        if first is not None and chosen != first.id:
            self._board.held_back[name] = first.id
        return chosen

    def _withdraw(self) -> None:
        """Takes back what waits at a service and may not start now, or not before what is in line."""
        for job_id, attempt in self._attempts.items():
            given = self._given[job_id]
            first = self._board.line.first(given.capability)
            if self._board.is_paused or (first is not None and first.must_precede(given)):
                attempt.withdraw()

    async def _work(self, job_id: str, replica: Replica) -> None:
        bind_job(job_id)
        ending = Ending()
        try:
            with self._books.traces.attempt(job_id, replica.service.name):
                ending = await self._attempts[job_id].run()
        except Exception:
            log.exception("attempt broke", replica=replica.address)
            await self._bury(job_id)
        finally:
            replica.jobs.discard(job_id)
            self._attempts.pop(job_id, None)
            self._given.pop(job_id, None)
            self._board.in_hand.pop(job_id, None)
        self._settle(ending, replica)

    def _settle(self, ending: Ending, replica: Replica) -> None:
        if ending.again is not None:
            self._queue(ending.again)
        if ending.verdict is not None and ending.verdict.obstacle is not None:
            self._rest(replica, ending.verdict)
        elif ending.verdict is None:
            replica.failures = 0
        self._fill()
        if ending.again is not None:
            self._books.hub.publish_job(show_job(self._board.view(ending.again)), None)

    async def _bury(self, job_id: str) -> None:
        job = await self._books.store.get(job_id)
        if job is not None and not job.state.is_final:
            fault = Fault("INTERNAL", "Limner made a mistake; the log of the gateway has the details.")
            await self._books.store.record(
                job, replace(job, state=State.FAILED, fault=fault, finished_at=time.time())
            )

    def _rest(self, replica: Replica, verdict: Verdict) -> None:
        if replica.obstacle is not None:
            return
        pause_s = verdict.pause_s
        if pause_s is None:
            pause_s = min(_FIRST_PAUSE_S * 2**replica.failures, _LONGEST_PAUSE_S)
        replica.failures += 1
        replica.obstacle = verdict.obstacle
        self._see_obstacles()
        self._spawn(self._wait_for(replica, pause_s))

    async def _wait_for(self, replica: Replica, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        await replica.channel.channel_ready()
        replica.obstacle = None
        self._see_obstacles()
        self._fill()

    def _see_obstacles(self) -> None:
        by_service: dict[str, list[str | None]] = {}
        for replica in self._replicas:
            by_service.setdefault(replica.service.name, []).append(replica.obstacle)
        self._board.obstacles = {
            name: obstacles[0] for name, obstacles in by_service.items() if obstacles[0] and all(obstacles)
        }

    def _announce(self) -> None:
        if self._books.hub.has_readers:
            self._books.hub.publish(Signal("queue", self.queue_event()))

    def queue_event(self) -> schemas.QueueEvent:
        """Returns who waits now, and for what."""
        return schemas.QueueEvent(
            waiting=self._board.waiting(_SHOWN_IN_QUEUE),
            total=self._board.waiting_count(),
            held_up_by=PAUSED if self._board.is_paused else next(iter(self._board.obstacles.values()), None),
            paused=self._board.is_paused,
        )

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        # In a context of its own, not in that of the request or job that happened to make room.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _load(replica: Replica) -> int:
    return len(replica.jobs)
