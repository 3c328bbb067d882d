from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from uuid_utils import uuid7

from gateway.jobs.books import Books
from gateway.jobs.dispatcher import Dispatcher
from gateway.jobs.job import Job, State

_CLEARED_AT_ONCE = 100  # in one transaction, for which everybody else who writes waits


class Queue:
    """What users may do to the jobs that wait and run: kept first, then done."""

    def __init__(self, books: Books, dispatcher: Dispatcher) -> None:
        self._store, self._switches, self._board = books.store, books.switches, books.board
        self._dispatcher = dispatcher

    async def pause(self, is_paused: bool) -> None:
        """Keeps waiting jobs from starting, or lets them; what runs goes on."""
        await self._switches.pause(is_paused)
        await self._dispatcher.switch(is_paused)

    async def rearrange(self, owner: str, ids: Sequence[str]) -> None:
        """Puts an owner's waiting jobs of `ids` first, in this order."""
        await self._dispatcher.move(await self._store.rearrange(owner, ids))

    async def prioritise(self, job: Job, priority: int) -> Job:
        """Gives a job that waits another priority and returns it; any other stays as it is."""
        after = replace(job, priority=priority, rank=None)
        if job.state is not State.QUEUED or not await self._store.record(job, after):
            return job
        await self._dispatcher.move([after])
        return after

    async def clear(self, owner: str) -> int:
        """Cancels every job of an owner that waits, and returns how many those were."""
        last_id, count = str(uuid7()), 0
        while cancelled := await self._store.cancel_waiting(owner, last_id, _CLEARED_AT_ONCE):
            self._dispatcher.give_up(cancelled)
            count += len(cancelled)
        return count

    async def cancel(self, job_id: str) -> Job | None:
        """Cancels a job and returns it: cancelled if it had not started, else cancelling, or as it ended."""
        while (job := await self._store.get(job_id)) is not None:
            if job.state.is_final or job.state is State.CANCELLING:
                return job
            if job.state is State.QUEUED:
                after = replace(job, state=State.CANCELLED, finished_at=time.time())
            else:
                after = replace(job, state=State.CANCELLING, progress=self._board.view(job).progress)
            if await self._store.record(job, after):
                self._dispatcher.give_up([job_id])
                return after
        return None
