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
from gateway.jobs.chronicle import Chronicle, Superseded, change
from gateway.jobs.insistence import insist
from gateway.jobs.job import Fault, Job, Picture, Stage, State
from gateway.jobs.kinds import TRADES
from gateway.jobs.pace import Pace, Turn
from gateway.jobs.performance import read_performance
from gateway.jobs.pictures import PictureGone
from gateway.jobs.verdict import Action, Verdict, judge
from gateway.refusals import Refused
from gateway.replicas import Replica
from gateway.results import ResultMissing
from gateway.views import show_model
from limner.failure import Failure, read_failure
from limner.progress.v1 import progress_pb2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """How an attempt ended: with the job done, or with the job to be queued again."""

    again: Job | None = None
    verdict: Verdict | None = None  # of a failed call


class Attempt:
    """One try at one job on one replica."""

    def __init__(self, job_id: str, fresh: Job | None, replica: Replica, books: Books) -> None:
        self.job_id = job_id
        self._fresh = fresh
        self.replica = replica
        self._books = books
        self._chronicle: Chronicle
        self._hearing: asyncio.Task[None] | None = None
        self._is_cancelled = self._is_withdrawn = False
        self._pace = Pace()

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
        return self._chronicle.job.state is not State.QUEUED

    async def run(self) -> Ending:
        """Sees the job through to its end, to the loss of the replica, or to its being withdrawn."""
        try:
            return await self._run()
        except Superseded:
            return await self._give_up()
        except asyncio.CancelledError:
            if self._is_withdrawn and not self._is_cancelled:
                return Ending(again=self._chronicle.job)
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
        async with self.replica.turn:
            ending = await self._call()
        if self._hearing is None:
            return ending
        await self._hearing
        made, wanted = len(self._chronicle.job.images), self._chronicle.wanted_count
        text = f"The service ended after {made} of {wanted} images; send the job again."
        return await self._conclude(Fault("INTERNAL", text))

    async def _call(self) -> Ending:
        """Begins to hear the service, unless the job has ended or goes back."""
        job = await insist(lambda _: self._books.claims.take(self.job_id, self._fresh))
        if job is None or self._is_cancelled:
            raise Superseded
        self._chronicle = Chronicle(job, self._books)
        if job.model is None and not await self._settle_model(job):
            return Ending()
        stored = await self._chronicle.find_checkpoint()
        if self._is_cancelled:
            raise Superseded
        if self._is_withdrawn:
            return Ending(again=self._chronicle.job)
        self._hearing = asyncio.create_task(self._hear(messages.resume_point(self._chronicle.job, stored)))
        return Ending()

    async def _settle_model(self, job: Job) -> bool:
        """Checks a job that was accepted while no service answered; an impossible one fails here."""
        trade = TRADES[job.kind]
        described = await self._books.catalogues[trade.service.name].ask()
        request = trade.body.model_validate(job.request)
        try:
            whole = limits.fill_in(request, [show_model(model) for model in described.models])
        except Refused as refused:
            await self._chronicle.end(State.FAILED, fault=Fault("INVALID_FIELDS", str(refused)))
            return False
        await self._chronicle.record(replace(job, model=whole.model, request=whole.to_record()))
        return True

    async def _hear(self, resume_from: progress_pb2.Checkpoint | None) -> None:
        job = self._chronicle.job
        calling = TRADES[job.kind].call(self.replica.channel, job, self._books.images, resume_from)
        async with aclosing(calling) as heard:
            async for message in heard:
                match message:
                    case progress_pb2.Progress():
                        await self._take_progress(message)
                    case progress_pb2.Checkpoint():
                        await self._chronicle.keep_checkpoint(message)
                    case _:
                        await self._take_result(message)

    async def _take_progress(self, message: progress_pb2.Progress) -> None:
        progress = messages.to_progress(message)
        previous = self._books.board.in_hand.get(self.job_id)
        self._books.board.in_hand[self.job_id] = progress
        is_new_stage = previous is None or previous.stage is not progress.stage
        now = time.monotonic()
        job = self._chronicle.job
        if job.state is State.QUEUED and progress.stage is not Stage.WAITING:
            self._pace.kept(now)
            self._chronicle.start(progress)
        else:
            match self._pace.turn(is_new_stage, now):
                case Turn.KEEP:
                    await self._chronicle.record(replace(job, progress=progress))
                case Turn.SHOW:
                    self._chronicle.show()
                case Turn.SKIP:
                    pass
        is_heard = self._books.hub.is_heard_by(job.owner)
        if message.HasField("preview") and is_heard and self._pace.may_preview(now):
            event = messages.to_preview(self.job_id, message)
            self._books.hub.publish(job.owner, Signal(f"preview {self.job_id}", event))

    async def _take_result(self, result: messages.Result) -> None:
        job, size = self._chronicle.job, result.image.size
        cost = read_performance(result.provenance)
        self._books.metrics.cost(job.kind, cost)
        image_id = await insist(lambda _: self._books.results.keep(result.image, job))
        picture = Picture(result.image_index, image_id, size.width, size.height, result.seed)
        await self._chronicle.add(picture, cost)
        await self._books.results.clear(result.image)

    async def _conclude(self, fault: Fault) -> Ending:
        """Fails the job with `fault` unless it has ended."""
        if not self._chronicle.job.state.is_final:
            await self._chronicle.end(State.FAILED, fault=fault)
        return Ending()

    async def _fail(self, failure: Failure) -> Ending:
        job = self._chronicle.job
        losses = 0 if self._chronicle.has_advanced else job.losses + (failure.code is StatusCode.ABORTED)
        verdict = judge(failure, losses, self.replica.service.title)
        self._books.metrics.errors.labels(job.kind, failure.reason).inc()
        self._books.metrics.attempts.labels(job.kind, verdict.action.name.lower()).inc()
        log.warning(
            "attempt failed", attempt=job.attempt, action=verdict.action.name.lower(),
            replica=self.replica.address, reason=failure.reason, detail=failure.message,
        )  # fmt: skip
        if job.state.is_final:
            return Ending(verdict=verdict)
        if verdict.action is Action.FAIL:
            await self._chronicle.end(State.FAILED, fault=Fault(failure.reason, failure.message))
        elif verdict.action is Action.AGAIN or job.state is State.RUNNING:
            await self._chronicle.return_to_queue(losses)
        return Ending(None if self._chronicle.job.state.is_final else self._chronicle.job, verdict)

    async def _give_up(self) -> Ending:
        """Ends a job whose cancelling was waiting for this attempt; leaves any other as it is."""
        job = await insist(lambda _: self._books.store.get(self.job_id))
        is_over = job is None or job.state.is_final
        if job is not None and job.state is State.CANCELLING and job.holder == self._books.claims.holder:
            await change(self._books, job, replace(job, state=State.CANCELLED, finished_at=time.time()))
            is_over = True
        if is_over:
            await self._books.images.drop_checkpoint(self.job_id)
        return Ending()
