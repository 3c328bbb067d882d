"""One replica of a capability: one job runs, one more waits, and a job that is asked for twice runs once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import structlog
from google.protobuf.message import Message

from limner.failure import Violation
from limner.logs import bind_job
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint, Progress
from limner.worker.v1.worker_pb2 import Ended, Event, Run
from services.pipelines.cost import Cost
from services.pipelines.ladder import Ladder
from services.pipelines.mailbox import Mailbox
from services.pipelines.need import Need, charged_bytes
from services.pipelines.pace import Pace
from services.pipelines.residence import Residence
from services.pipelines.setbacks import Setback, Setbacks
from services.pipelines.worker import Parked
from services.rpc import errors
from services.rpc.following import Trace, current_trace

log = structlog.get_logger(__name__)

_PLACES = 2  # One running and one waiting, so that the arbiter sees what comes next (architecture.md).
_WORKER_DEATHS = 3  # A job that has taken so many workers with it is the cause.
_REPLAY_S = 300.0  # How long the results of a finished job are kept (t2i.proto).


@dataclass(frozen=True, slots=True)
class Work:
    """A job as the replica sees it."""

    request_id: str
    asked: Message  # as it was sent: a repeat must ask for the same
    request: Message  # with every default filled in, for the worker
    need: Need
    weight_bytes: int
    resume_from: Checkpoint | None


@dataclass(slots=True)
class _Running:
    work: Work
    readers: list[Mailbox] = field(default_factory=list[Mailbox])
    results: dict[int, Event] = field(default_factory=dict[int, Event])
    progress: Event | None = None
    pace: Pace = field(default_factory=Pace)
    checkpoint: Checkpoint | None = None
    task: asyncio.Task[None] | None = None
    ended: bool = False
    error: Exception | None = None
    tier_reason: str = ""  # why no better one
    cost: Cost = field(default_factory=lambda: Cost(time.monotonic()))
    trace: Trace | None = field(default_factory=current_trace)  # of the call that began it


class Replica:
    """Runs jobs one after another on a Residence."""

    def __init__(self, residence: Residence, setbacks: Setbacks | None = None) -> None:
        self._residence = residence
        self._setbacks = setbacks or Setbacks()
        self._runs: dict[str, _Running] = {}

    @property
    def running_jobs(self) -> int:
        """How many jobs run, 0 or 1."""
        return min(1, self._unfinished)

    @property
    def waiting_jobs(self) -> int:
        """How many jobs wait, 0 or 1."""
        return max(0, self._unfinished - 1)

    def fit(self, need: Need) -> Need:
        """Returns `need` as a job of this replica would ask for it now."""
        return need.in_process(self._residence.context_bytes)

    async def run(self, work: Work) -> AsyncIterator[Event]:
        """Yields progress, checkpoints and results of `work`; cancels it when the last reader leaves.

        Raises ReplicaBusy, RequestConflict, WorkerLost, NeverFits, OutOfMemory or ModelUnreadable.
        """
        run = self._join(work) or self._begin(work)
        mailbox = _subscribe(run)
        try:
            async for event in mailbox:
                yield event
        finally:
            run.readers.remove(mailbox)
            if not run.readers and run.task is not None and not run.ended:
                run.task.cancel()
                await asyncio.wait([run.task])

    @property
    def _unfinished(self) -> int:
        return sum(not run.ended for run in self._runs.values())

    def _join(self, work: Work) -> _Running | None:
        run = self._runs.get(work.request_id)
        if run is None or (run.ended and run.error is not None):
            return None
        if run.work.asked != work.asked:
            raise errors.RequestConflict(
                f"request_id {work.request_id!r} belongs to another request; use a new one.",
                request_id=work.request_id,
            )
        return run

    def _begin(self, work: Work) -> _Running:
        if self._unfinished >= _PLACES:
            raise errors.ReplicaBusy("One job runs here and one more waits; try again soon.", retry_after_s=1)
        run = _Running(work, checkpoint=work.resume_from)
        self._runs[work.request_id] = run
        run.task = asyncio.create_task(self._conduct(run), name=f"job {work.request_id}")
        return run

    async def _conduct(self, run: _Running) -> None:
        bind_job(run.work.request_id)
        error: Exception | None = None
        try:
            await self._execute(run)
        except asyncio.CancelledError:
            error = errors.WorkerLost("The job was cancelled.")
        except Exception as caught:
            error = caught
        run.ended, run.error = True, error
        log.info("job ended", reason=getattr(error, "reason", type(error).__name__) if error else "done")
        if run.trace is not None:
            run.trace.leave()
        for reader in run.readers:
            reader.close(error)
        asyncio.get_running_loop().call_later(_REPLAY_S, self._forget, run)

    def _forget(self, run: _Running) -> None:
        if self._runs.get(run.work.request_id) is run:
            del self._runs[run.work.request_id]

    async def _execute(self, run: _Running) -> None:
        if self._unfinished > 1:
            _publish(run, _waiting(1, "the job before it"))
        async with self._residence.occupied():
            deaths, ladder = 0, self._begin_ladder(run.work.need)
            while True:
                try:
                    return await self._attempt(run, ladder)
                except errors.StaleToken:
                    await self._residence.discard("lease is stale")
                except Parked:
                    log.info("job parked")
                    await self._residence.discard("parked")
                except errors.OutOfMemory as exhausted:
                    log.warning("out of memory", message=exhausted.message)
                    # The arbiter knows now that it takes more; a new worker begins without fragments.
                    await self._residence.discard("out of memory")
                    if not self._step_down(run.work.need, ladder, exhausted):
                        raise errors.OutOfMemory(f"{ladder.summary}. {exhausted.message}") from exhausted
                except errors.WorkerLost as lost:
                    deaths += 1
                    log.warning("worker lost", deaths=deaths, message=lost.message)
                    if deaths == _WORKER_DEATHS:
                        raise errors.WorkerLost(
                            f"The worker died {deaths} times on this job; the last one {lost.message}",
                            deaths=deaths,
                        ) from lost

    def _begin_ladder(self, need: Need) -> Ladder:
        """Leaves out what such jobs have run out of memory in, unless the request insists on it."""
        known = self._setbacks.known(need.kind, self._residence.devices, time.time())
        return Ladder(need, {} if need.is_named else known)

    def _step_down(self, need: Need, ladder: Ladder, exhausted: errors.OutOfMemory) -> bool:
        """Tells whether the job has another try, in this tier or the next."""
        lease = self._residence.leased
        if lease is None:
            return False
        how = f"{lease.tier} ran out of memory twice"
        if ladder.fall(lease.tier, how):
            self._setbacks.note(Setback(need.kind, lease.tier, lease.device, how, time.time()))
        return bool(ladder.need.demands)

    async def _attempt(self, run: _Running, ladder: Ladder) -> None:
        work, need = run.work, ladder.need

        def tell_waiting(position: int, reason: str) -> None:
            _publish(run, _waiting(position, reason))

        def tell_loading() -> None:
            loading = Progress(stage=progress_pb2.STAGE_LOADING, total_bytes=work.weight_bytes)
            _publish(run, Event(progress=loading))
            run.cost.loaded(work.weight_bytes)

        evicted_s = self._residence.evicting_s
        lease = await self._residence.prepare(need, tell_waiting, tell_loading)
        run.cost.evicted(self._residence.evicting_s - evicted_s)
        run.cost.charged_bytes = charged_bytes(need, lease)
        run.tier_reason = "it was asked for by name" if need.is_named else ladder.reason or lease.reason
        command = Run(
            job=work.request_id, request=work.request.SerializeToString(), resume_from=_resume_point(run)
        )
        ended = Ended()
        async for event in self._residence.compute(lease, command, need, tell_waiting):
            if event.HasField("ended"):
                ended = event.ended
            else:
                _publish(run, event)
        _raise_unless_ok(ended)


def _subscribe(run: _Running) -> Mailbox:
    mailbox = Mailbox()
    for event in run.results.values():
        mailbox.put(event)
    if run.progress is not None and not run.ended:
        mailbox.put(run.progress)
    if run.ended:
        mailbox.close(run.error)
    run.readers.append(mailbox)
    return mailbox


def _publish(run: _Running, event: Event) -> None:
    if event.HasField("result"):
        run.cost.tell(event.result.provenance, time.monotonic())
        event.result.provenance.tier_reason = run.tier_reason
        run.results[event.result.image_index] = event
    elif event.HasField("checkpoint"):
        run.checkpoint = event.checkpoint
    else:
        now_s = time.monotonic()
        run.progress = event
        run.cost.enter(event.progress.stage, now_s)
        if run.trace is not None:
            run.trace.enter(progress_pb2.Stage.Name(event.progress.stage).removeprefix("STAGE_").lower())
        if not run.pace.is_due(event.progress.stage, now_s):
            return
    for reader in run.readers:
        reader.put(event)


def _waiting(position: int, reason: str) -> Event:
    progress = Progress(stage=progress_pb2.STAGE_WAITING, queue_position=position, waiting_for=reason)
    return Event(progress=progress)


def _resume_point(run: _Running) -> Checkpoint | None:
    """Returns where a new worker goes on: never behind an image that has already been delivered."""
    done = max(run.results, default=-1) + 1
    if run.checkpoint is not None and run.checkpoint.image_index >= done:
        return run.checkpoint
    return Checkpoint(image_index=done) if done else None


def _raise_unless_ok(ended: Ended) -> None:
    if ended.ok:
        return
    if ended.parked:
        raise Parked
    if ended.reason == errors.InvalidFields.reason:
        # Found when the worker looked closer; the sentence begins with the field's name.
        raise errors.InvalidFields([Violation(ended.message.partition(" ")[0], ended.message)])
    if ended.reason == errors.OutOfMemory.reason:
        raise errors.OutOfMemory(_with_numbers(ended))
    for kind in (errors.StorageFailed, errors.ModelUnreadable, errors.FeatureUnsupported):
        if kind.reason == ended.reason:
            raise kind(ended.message)
    raise errors.LimnerError(ended.message)


def _with_numbers(ended: Ended) -> str:
    asked = f" and asked for {ended.requested_bytes} more" if ended.requested_bytes else ""
    return f"{ended.message} It held {ended.peak_bytes} bytes{asked}."
