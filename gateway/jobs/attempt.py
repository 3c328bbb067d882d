from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass, replace

import structlog
from grpc import StatusCode, aio
from obstore.exceptions import BaseError as ObstoreError

from gateway import limits
from gateway.events import Signal
from gateway.jobs import messages
from gateway.jobs.books import Books
from gateway.jobs.insistence import insist
from gateway.jobs.job import Fault, Job, Picture, Progress, Stage, State
from gateway.jobs.kinds import TRADES
from gateway.jobs.pace import Pace, Turn
from gateway.jobs.performance import Performance, read_performance
from gateway.jobs.pictures import PictureGone
from gateway.jobs.verdict import Action, Verdict, judge
from gateway.refusals import Refused
from gateway.replicas import Replica
from gateway.results import ResultMissing
from gateway.tracing import note_outcome
from gateway.views import show_job, show_model
from limner.failure import Failure, read_failure
from limner.progress.v1 import progress_pb2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: with the job done, or with the job to be queued again."""

    again: Job | None = None
    verdict: Verdict | None = None  # of a failed call


class Superseded(Exception):
    """The job was changed by somebody else; this attempt has nothing more to say."""


class Attempt:
    """One try at one job on one replica."""

    def __init__(self, job_id: str, fresh: Job | None, replica: Replica, books: Books) -> None:
        self.job_id = job_id
        self._fresh = fresh
        self._replica = replica
        self._books = books
        self._job: Job
        self._hearing: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[bool] | None = None
        self._is_cancelled = self._is_withdrawn = False
        self._has_checkpoint = False
        self._has_advanced = False
        self._pace = Pace()
        self._began_at: float | None = None  # monotonic, s

    def cancel(self) -> None:
        """Hangs up, because the user no longer wants the job."""
        self._is_cancelled = True
        if self._hearing is not None:
            self._hearing.cancel()

    def withdraw(self) -> bool:
        """Takes the job back from the service, to be queued again; returns False for one that has started."""
        live = self._books.board.in_hand[self.job_id]
        if live.stage is not Stage.WAITING or (self._hearing is not None and self._has_started):
            return False
        self._is_withdrawn = True
        if self._hearing is not None:
            self._hearing.cancel()
        return True

    @property
    def _has_started(self) -> bool:
        return self._job.state is not State.QUEUED

    async def run(self) -> Ending:
        """Sees the job through to its end, to the loss of the replica, or to its being withdrawn."""
        try:
            return await self._run()
        except Superseded:
            return await self._give_up()
        except asyncio.CancelledError:
            if self._is_withdrawn and not self._is_cancelled:
                return Ending(again=self._job)
            if not self._is_cancelled:
                raise
            return await self._give_up()
        except aio.AioRpcError as error:
            return await self._unless_superseded(self._fail(read_failure(error)))
        except PictureGone as gone:
            return await self._unless_superseded(self._conclude(Fault("IMAGE_NOT_FOUND", str(gone))))
        except ResultMissing as missing:
            return await self._unless_superseded(self._conclude(Fault("STORAGE_FAILED", str(missing))))
        except (ObstoreError, OSError) as error:
            log.exception("image store failed")
            text = f"The finished image could not be stored: {error}. Free some space and send the job again."
            return await self._unless_superseded(self._conclude(Fault("STORAGE_FAILED", text)))

    async def _unless_superseded(self, ending: Awaitable[Ending]) -> Ending:
        try:
            return await ending
        except Superseded:
            return await self._give_up()

    async def _run(self) -> Ending:
        # In the order in which they were given: what a service hears first, it does first.
        async with self._replica.turn:
            ending = await self._call()
        if self._hearing is None:
            return ending
        await self._hearing
        made, wanted = len(self._job.images), self._wanted_count()
        text = f"The service ended after {made} of {wanted} images; send the job again."
        return await self._conclude(Fault("INTERNAL", text))

    async def _call(self) -> Ending:
        """Begins to hear the service, unless the job has ended or goes back."""
        job = await insist(lambda _: self._books.claims.take(self.job_id, self._fresh))
        if job is None or self._is_cancelled:
            raise Superseded
        self._job = job
        if job.model is None and not await self._settle_model():
            return Ending()
        stored = await self._books.images.get_checkpoint(job.id) if job.attempt > 1 else None
        self._has_checkpoint = stored is not None
        if self._is_cancelled:
            raise Superseded
        if self._is_withdrawn:
            return Ending(again=self._job)
        self._hearing = asyncio.create_task(self._hear(messages.resume_point(self._job, stored)))
        return Ending()

    async def _settle_model(self) -> bool:
        """Checks a job that was accepted while no service answered; an impossible one fails here."""
        trade = TRADES[self._job.kind]
        described = await self._books.catalogues[trade.service.name].ask()
        request = trade.body.model_validate(self._job.request)
        try:
            whole = limits.fill_in(request, [show_model(model) for model in described.models])
        except Refused as refused:
            await self._end(State.FAILED, fault=Fault("INVALID_FIELDS", str(refused)))
            return False
        await self._record(replace(self._job, model=whole.model, request=whole.to_record()))
        return True

    async def _hear(self, resume_from: progress_pb2.Checkpoint | None) -> None:
        call = TRADES[self._job.kind].call
        calling = call(self._replica.channel, self._job, self._books.images, resume_from)
        async with aclosing(calling) as heard:
            async for message in heard:
                match message:
                    case progress_pb2.Progress():
                        await self._take_progress(message)
                    case progress_pb2.Checkpoint():
                        await self._take_checkpoint(message)
                    case _:
                        await self._take_result(message)

    async def _take_progress(self, message: progress_pb2.Progress) -> None:
        progress = messages.to_progress(message)
        previous = self._books.board.in_hand.get(self.job_id)
        self._books.board.in_hand[self.job_id] = progress
        is_new_stage = previous is None or previous.stage is not progress.stage
        now = time.monotonic()
        if self._job.state is State.QUEUED and progress.stage is not Stage.WAITING:
            self._pace.kept(now)
            self._start(progress)
        else:
            match self._pace.turn(is_new_stage, now):
                case Turn.KEEP:
                    await self._record(replace(self._job, progress=progress))
                case Turn.SHOW:
                    self._show()
                case Turn.SKIP:
                    pass
        is_heard = self._books.hub.is_heard_by(self._job.owner)
        if message.HasField("preview") and is_heard and self._pace.may_preview(now):
            event = messages.to_preview(self.job_id, message)
            self._books.hub.publish(self._job.owner, Signal(f"preview {self.job_id}", event))

    async def _take_checkpoint(self, checkpoint: progress_pb2.Checkpoint) -> None:
        self._has_checkpoint = self._has_advanced = True
        await self._books.images.put_checkpoint(self.job_id, checkpoint.SerializeToString())

    async def _take_result(self, result: messages.Result) -> None:
        cost = read_performance(result.provenance)
        self._books.metrics.cost(self._job.kind, cost)
        if self._job.performance is not None:
            cost = self._job.performance.plus(cost)
        image_id = await insist(lambda _: self._books.results.keep(result.image, self._job))
        size = result.image.size
        picture = Picture(result.image_index, image_id, size.width, size.height, result.seed)
        # An image that an earlier attempt already made is replaced by itself: same seed, same pixels.
        others = [other for other in self._job.images if other.index != picture.index]
        images = tuple(sorted([*others, picture], key=lambda each: each.index))
        self._has_advanced = True
        if self._job.state is State.QUEUED:
            self._start(self._progress())
        if len(images) == self._wanted_count():
            await self._end(State.SUCCEEDED, images=images, performance=cost)
        else:
            await self._record(replace(self._job, images=images, progress=self._progress(), performance=cost))
        await self._books.results.clear(result.image)

    def _start(self, progress: Progress) -> None:
        now, self._began_at = time.time(), time.monotonic()
        if self._job.started_at is None:
            self._books.metrics.waited(self._job.priority, now - self._job.created_at)
        started_at = self._job.started_at or now
        running = replace(self._job, state=State.RUNNING, progress=progress, started_at=started_at)
        # Written while the service goes on: the first image of a fast model need not wait for it.
        self._starting = asyncio.create_task(self._keep(self._job, running))
        self._job = running

    async def _conclude(self, fault: Fault) -> Ending:
        """Fails the job with `fault` unless it has ended."""
        if not self._job.state.is_final:
            await self._end(State.FAILED, fault=fault)
        return Ending()

    async def _fail(self, failure: Failure) -> Ending:
        losses = 0 if self._has_advanced else self._job.losses + (failure.code is StatusCode.ABORTED)
        verdict = judge(failure, losses, self._replica.service.title)
        self._books.metrics.errors.labels(self._job.kind, failure.reason).inc()
        self._books.metrics.attempts.labels(self._job.kind, verdict.action.name.lower()).inc()
        log.warning(
            "attempt failed", attempt=self._job.attempt, action=verdict.action.name.lower(),
            replica=self._replica.address, reason=failure.reason, detail=failure.message,
        )  # fmt: skip
        if self._job.state.is_final:
            return Ending(verdict=verdict)
        if verdict.action is Action.FAIL:
            await self._end(State.FAILED, fault=Fault(failure.reason, failure.message))
        elif verdict.action is Action.AGAIN or self._job.state is State.RUNNING:
            await self._return_to_queue(losses)
        return Ending(None if self._job.state.is_final else self._job, verdict)

    async def _return_to_queue(self, losses: int) -> None:
        text = "The worker was lost in mid-job; the job goes on from its last checkpoint."
        progress = Progress(image_count=self._wanted_count(), waiting_for=text)
        attempt = self._job.attempt + 1
        await self._record(
            replace(
                self._job,
                state=State.QUEUED,
                attempt=attempt,
                losses=losses,
                progress=progress,
                holder=None,
            )
        )

    async def _end(
        self,
        state: State,
        *,
        images: tuple[Picture, ...] = (),
        fault: Fault | None = None,
        performance: Performance | None = None,
    ) -> None:
        progress = replace(self._progress(), queue_position=None, eta_s=None, waiting_for=None)
        if state is State.SUCCEEDED:
            progress = replace(
                progress, stage=Stage.DONE, step=progress.total_steps, tile=progress.tile_count
            )
        done = replace(self._job, state=state, progress=progress, fault=fault, finished_at=time.time())
        await self._record(replace(done, images=images, performance=performance) if images else done)
        if state is State.SUCCEEDED and self._began_at is not None:
            self._books.board.forecast.observe(self._job.capability, time.monotonic() - self._began_at)
        log.info("job ended", state=state.value, attempt=self._job.attempt)
        note_outcome(state.value)
        if self._has_checkpoint:
            await self._books.images.drop_checkpoint(self.job_id)

    async def _give_up(self) -> Ending:
        """Ends a job whose cancelling was waiting for this attempt; leaves any other as it is."""
        job = await insist(lambda _: self._books.store.get(self.job_id))
        is_over = job is None or job.state.is_final
        if job is not None and job.state is State.CANCELLING and job.holder == self._books.claims.holder:
            await self._keep(job, replace(job, state=State.CANCELLED, finished_at=time.time()))
            is_over = True
        if self._has_checkpoint and is_over:
            await self._books.images.drop_checkpoint(self.job_id)
        return Ending()

    async def _record(self, after: Job) -> None:
        if self._starting is not None:
            starting, self._starting = self._starting, None
            if not await starting:
                raise Superseded
        if not await self._keep(self._job, after):
            raise Superseded
        self._job = after

    async def _keep(self, before: Job, after: Job) -> bool:
        return await insist(
            lambda is_repeated: self._books.store.record(before, after, is_repeated=is_repeated)
        )

    def _show(self) -> None:
        if self._books.hub.is_heard_by(self._job.owner):
            shown = show_job(self._books.board.view(self._job))
            self._books.hub.publish_job(self._job.owner, shown, None)

    def _progress(self) -> Progress:
        return self._books.board.in_hand.get(self.job_id, self._job.progress)

    def _wanted_count(self) -> int:
        return TRADES[self._job.kind].body.model_validate(self._job.request).image_count
