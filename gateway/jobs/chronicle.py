"""What an attempt writes of its job, and shows."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import structlog

from gateway.jobs.books import Books
from gateway.jobs.insistence import insist
from gateway.jobs.job import Fault, Job, Picture, Progress, Stage, State
from gateway.jobs.kinds import TRADES
from gateway.jobs.performance import Performance
from gateway.tracing import note_outcome
from gateway.views import show_job
from limner.progress.v1 import progress_pb2

log = structlog.get_logger(__name__)


class Superseded(Exception):
    """The job was changed by somebody else; this attempt has nothing more to say."""


class Chronicle:
    """The record of a job while one attempt has it: every change is by compare-and-set.

    Methods that write raise Superseded when somebody else has changed the job.
    """

    def __init__(self, job: Job, books: Books) -> None:
        self.job = job  # as it was last written
        self.has_advanced = False  # in this attempt
        self._books = books
        self._has_checkpoint = False
        self._starting: asyncio.Task[bool] | None = None
        self._began_at: float | None = None  # monotonic, s

    @property
    def progress(self) -> Progress:
        """How far the job is, written or not."""
        return self._books.board.in_hand.get(self.job.id, self.job.progress)

    @property
    def wanted_count(self) -> int:
        """How many images the job makes."""
        return TRADES[self.job.kind].body.model_validate(self.job.request).image_count

    async def find_checkpoint(self) -> bytes | None:
        """Returns what an attempt before has left to go on from."""
        stored = await self._books.images.get_checkpoint(self.job.id) if self.job.attempt > 1 else None
        self._has_checkpoint = stored is not None
        return stored

    async def keep_checkpoint(self, checkpoint: progress_pb2.Checkpoint) -> None:
        """Keeps what another attempt could go on from."""
        self._has_checkpoint = self.has_advanced = True
        await self._books.images.put_checkpoint(self.job.id, checkpoint.SerializeToString())

    async def drop_checkpoint(self) -> None:
        """Forgets it, if there is one."""
        if self._has_checkpoint:
            await self._books.images.drop_checkpoint(self.job.id)

    def start(self, progress: Progress) -> None:
        """Notes that the service has begun; that is written while it goes on."""
        now, self._began_at = time.time(), time.monotonic()
        if self.job.started_at is None:
            self._books.metrics.waited(self.job.priority, now - self.job.created_at)
        started_at = self.job.started_at or now
        running = replace(self.job, state=State.RUNNING, progress=progress, started_at=started_at)
        # The first image of a fast model need not wait for it.
        self._starting = asyncio.create_task(self._keep(self.job, running))
        self.job = running

    async def return_to_queue(self, losses: int) -> None:
        """Has the job wait for another attempt, after so many in a row that came to nothing."""
        text = "The worker was lost in mid-job; the job goes on from its last checkpoint."
        progress = Progress(image_count=self.wanted_count, waiting_for=text)
        waiting = replace(self.job, state=State.QUEUED, progress=progress, holder=None)
        await self.record(replace(waiting, attempt=self.job.attempt + 1, losses=losses))

    async def end(
        self,
        state: State,
        *,
        images: tuple[Picture, ...] = (),
        fault: Fault | None = None,
        performance: Performance | None = None,
    ) -> None:
        """Writes how the job ended."""
        progress = replace(self.progress, queue_position=None, eta_s=None, waiting_for=None)
        if state is State.SUCCEEDED:
            progress = replace(
                progress, stage=Stage.DONE, step=progress.total_steps, tile=progress.tile_count
            )
        done = replace(self.job, state=state, progress=progress, fault=fault, finished_at=time.time())
        await self.record(replace(done, images=images, performance=performance) if images else done)
        if state is State.SUCCEEDED and self._began_at is not None:
            self._books.board.forecast.observe(self.job.capability, time.monotonic() - self._began_at)
        log.info("job ended", state=state.value, attempt=self.job.attempt)
        note_outcome(state.value)
        await self.drop_checkpoint()

    async def record(self, after: Job) -> None:
        """Writes what has become of the job."""
        if self._starting is not None:
            starting, self._starting = self._starting, None
            if not await starting:
                raise Superseded
        if not await self._keep(self.job, after):
            raise Superseded
        self.job = after

    async def _keep(self, before: Job, after: Job) -> bool:
        return await change(self._books, before, after)

    async def add(self, picture: Picture, cost: Performance) -> None:
        """Writes that an image is made, at that cost, and ends the job with its last one."""
        if self.job.performance is not None:
            cost = self.job.performance.plus(cost)
        # An image that an earlier attempt already made is replaced by itself: same seed, same pixels.
        others = [other for other in self.job.images if other.index != picture.index]
        images = tuple(sorted([*others, picture], key=lambda each: each.index))
        self.has_advanced = True
        if self.job.state is State.QUEUED:
            self.start(self.progress)
        if len(images) == self.wanted_count:
            await self.end(State.SUCCEEDED, images=images, performance=cost)
        else:
            await self.record(replace(self.job, images=images, progress=self.progress, performance=cost))

    def show(self) -> None:
        """Tells the owner's readers how far the job is, without writing it."""
        if self._books.hub.is_heard_by(self.job.owner):
            shown = show_job(self._books.board.view(self.job))
            self._books.hub.publish_job(self.job.owner, shown, None)


async def change(books: Books, before: Job, after: Job) -> bool:
    """Changes a job that is still as `before` was, however long the database is away; else returns False."""
    return await insist(lambda is_repeated: books.store.record(before, after, is_repeated=is_repeated))
