from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from contextvars import Context
from dataclasses import replace

import structlog

from gateway import schemas
from gateway.events import Signal
from gateway.fleet import Fleet
from gateway.jobs.attempt import Attempt, Ending
from gateway.jobs.board import to_entry
from gateway.jobs.books import Books
from gateway.jobs.insistence import insist
from gateway.jobs.job import Fault, Job, Progress, State
from gateway.jobs.order import Entry
from gateway.jobs.rests import Rests
from gateway.jobs.supply import Supply, choose
from gateway.replicas import Replica
from gateway.views import show_job
from limner.logs import bind_job

log = structlog.get_logger(__name__)

_SHOWN_IN_QUEUE = 100
_FRESH_LIMIT = 256


class Dispatcher:
    """Hands waiting jobs to replicas as soon as there is both: nothing here polls.

    Each replica holds one job that runs and one that waits, so that it goes from one to the next without a
    pause and its arbiter sees what comes.
    """

    def __init__(self, books: Books, fleet: Fleet) -> None:
        self._books = books
        self._board = books.board
        self._fleet = fleet
        self._supply = Supply()
        self._rests = Rests(fleet, books.board, self._recover)
        self._attempts: dict[str, Attempt] = {}
        self._works: dict[str, asyncio.Task[None]] = {}  # that see the attempts through
        self._changed: set[str] = set()  # jobs of attempts that were changed meanwhile
        self._given: dict[str, Entry] = {}  # where the jobs of the attempts were in line
        self._fresh: dict[str, Job] = {}  # as they are in the store, to spare reading them again
        self._tasks: set[asyncio.Task[None]] = set()
        fleet.listen(self._regroup)
        self._regroup()

    async def start(self) -> None:
        """Takes up what the last gateway left."""
        await self._books.claims.recover()
        await self.load()

    async def load(self) -> None:
        """Takes in the whole queue as it is kept."""
        self._board.is_paused = await self._books.switches.is_paused()
        for entry in await self._books.store.line():
            if entry.id not in self._attempts:
                self._board.line.add(entry)
        self.see(await self._books.claims.held())

    async def stop(self) -> None:
        """Hangs up every call; running jobs go on from their checkpoints at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def submit(self, jobs: Sequence[Job]) -> None:
        """Puts jobs that are already in the store in line, unless they were heard of before."""
        for job in jobs:
            if job.id not in self._attempts and job.id not in self._board.elsewhere:
                self._queue(job)
        self._withdraw()
        self._fill()

    async def switch(self, is_paused: bool) -> None:
        """Takes in whether the queue is paused; what waits at services is taken back first."""
        self._board.is_paused = is_paused
        await _end(self._withdraw())
        self._fill()

    def see(self, jobs: Sequence[Job]) -> None:
        """Takes in what jobs have become, whoever has changed them."""
        for job in jobs:
            self._see(job)
        self._withdraw()
        self._fill()

    def _see(self, job: Job) -> None:
        is_waiting = job.state is State.QUEUED
        is_elsewhere = is_waiting and job.holder not in (None, self._books.claims.holder)
        self._board.elsewhere.pop(job.id, None)
        if is_elsewhere:
            self._board.elsewhere[job.id] = job.owner
        if job.id in self._attempts:
            if job.state in (State.CANCELLING, State.CANCELLED):
                self._attempts[job.id].cancel()
                self._changed.add(job.id)
            elif is_waiting:
                self._given[job.id] = to_entry(job)
                self._changed.add(job.id)
        elif is_waiting and not is_elsewhere:
            self._queue(job)
        else:
            self._board.line.discard(job.id)
            self._fresh.pop(job.id, None)

    def _queue(self, job: Job) -> None:
        self._board.queue(job)
        if len(self._fresh) < _FRESH_LIMIT:
            self._fresh[job.id] = job

    async def move(self, changed: Sequence[Job]) -> None:
        """Gives jobs that wait the places that they have now; what they displace is taken back first."""
        for job in changed:
            if job.id in self._board.line:
                self._queue(job)
            elif job.id in self._given:
                self._given[job.id] = to_entry(job)
                self._changed.add(job.id)
        await _end(self._withdraw())
        self._fill()

    def give_up(self, job_ids: Iterable[str]) -> None:
        """Lets go of jobs that are cancelled."""
        for job_id in job_ids:
            self._board.line.discard(job_id)
            self._fresh.pop(job_id, None)
            attempt = self._attempts.get(job_id)
            if attempt is not None:
                attempt.cancel()
                self._changed.add(job_id)
        self._announce()

    def _fill(self) -> None:
        """Gives jobs to free replicas until there is no more of either."""
        for service in () if self._board.is_paused else self._fleet.services:
            self._fill_service(service.name)
        self._announce()

    def _fill_service(self, name: str) -> None:
        while (choice := choose(name, self._board.line, self._supply, time.time())) is not None:
            self._board.held_back.pop(name, None)
            if choice.held_back is not None:
                self._board.held_back[name] = choice.held_back
            self._give(choice.job_id, choice.replica)
        if self._board.line.first(name) is None:
            self._board.held_back.pop(name, None)

    def _give(self, job_id: str, replica: Replica) -> None:
        self._given[job_id] = given = self._board.line.take(job_id)
        self._board.in_hand[job_id] = Progress()
        self._board.owners[job_id] = given.owner
        self._supply.give(replica, job_id, given.model)
        self._attempts[job_id] = Attempt(job_id, self._fresh.pop(job_id, None), replica, self._books)
        self._works[job_id] = self._spawn(self._work(job_id, replica))

    def _recover(self, replica: Replica) -> None:
        self._supply.note(replica)
        self._fill()

    def _regroup(self) -> None:
        """Takes in which replicas there are: what waits at one that leaves is taken back."""
        for service in self._fleet.services:
            self._board.forecast.count(service.name, len(self._fleet.of(service)))
        self._supply.refresh(self._fleet)
        self._rests.show()
        self._withdraw()
        self._fill()

    def _withdraw(self) -> list[asyncio.Task[None]]:
        """Takes back what waits at a service and may not start now, or not before what is in line.

        Returns the work that ends with that.
        """
        withdrawn: list[asyncio.Task[None]] = []
        firsts = {service.name: self._board.line.first(service.name) for service in self._fleet.services}
        for job_id, attempt in self._attempts.items():
            given = self._given[job_id]
            first = firsts.get(given.capability)
            is_early = self._board.is_paused or (first is not None and first.must_precede(given))
            if (is_early or attempt.replica.is_leaving) and attempt.withdraw():
                withdrawn.append(self._works[job_id])
        return withdrawn

    async def _work(self, job_id: str, replica: Replica) -> None:
        bind_job(job_id)
        ending, left = Ending(), None
        try:
            with self._books.traces.attempt(job_id, replica.service.name):
                ending = await self._attempts[job_id].run()
            left = await self._leave(job_id, ending.again)
        except Exception:
            log.exception("attempt broke", replica=replica.address)
            await self._bury(job_id)
        finally:
            replica.jobs.discard(job_id)
            self._supply.note(replica)
            self._fleet.let_go()
            self._attempts.pop(job_id, None)
            self._changed.discard(job_id)
            self._given.pop(job_id, None)
            self._works.pop(job_id, None)
            self._board.in_hand.pop(job_id, None)
            self._board.owners.pop(job_id, None)
        self._settle(ending, left, replica)

    async def _leave(self, job_id: str, again: Job | None) -> Job | None:
        """Lets any gateway start a job `again`, and returns it; any other, if what became of it is unclear.

        It may have been moved, cancelled or let go of while an attempt here had it, or tried to.
        """
        if again is not None:
            released = again
            again = await insist(lambda _: self._books.claims.release(released))
        while job_id in self._changed:
            self._changed.discard(job_id)
            again = await insist(lambda _: self._books.store.get(job_id))
        return again

    def _settle(self, ending: Ending, left: Job | None, replica: Replica) -> None:
        if left is not None:
            self._see(left)
        if ending.verdict is not None and ending.verdict.obstacle is not None:
            resting = self._rests.rest(replica, ending.verdict)
            self._supply.note(replica)
            if resting is not None:
                self._spawn(resting)
        elif ending.verdict is None:
            replica.failures = 0
        self._fill()
        if left is not None and left.state is State.QUEUED:
            self._books.hub.publish_job(left.owner, show_job(self._board.view(left)), None)

    async def _bury(self, job_id: str) -> None:
        job = await insist(lambda _: self._books.store.get(job_id))
        if job is not None and not job.state.is_final:
            fault = Fault("INTERNAL", "Limner made a mistake; the log of the gateway has the details.")
            await self._books.store.record(
                job, replace(job, state=State.FAILED, fault=fault, finished_at=time.time())
            )

    def _announce(self) -> None:
        for owner in self._books.hub.listeners:
            self._books.hub.publish(owner, Signal("queue", self.queue_event(owner)))

    def queue_event(self, owner: str) -> schemas.QueueEvent:
        """Returns which of an owner's jobs wait now, and for what."""
        return schemas.QueueEvent(
            waiting=self._board.waiting(owner, _SHOWN_IN_QUEUE),
            total=self._board.waiting_count(),
            held_up_by=self._board.held_up_by(),
            paused=self._board.is_paused,
        )

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        # In a context of its own, not in that of the request or job that happened to make room.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _end(works: Sequence[asyncio.Task[None]]) -> None:
    if works:
        await asyncio.wait(works)
