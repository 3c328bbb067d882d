"""One worker, at most one model in it, and the lease that pays for both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from contextvars import Context

import structlog

from limner.worker.v1.worker_pb2 import Cancel, Command, Ended, Event, Load, Park, Run
from services.pipelines.leases import Lease, OnRecall, Session, Tell
from services.pipelines.need import Need, working_bytes
from services.pipelines.process import WorkerProcess
from services.pipelines.tenancy import Tenancy
from services.rpc.errors import ModelUnreadable, OutOfMemory, WorkerLost

log = structlog.get_logger(__name__)

_CANCEL_S = 10.0  # A step may be long; beyond this the worker is not going to answer.
_RESTART_MAX_S = 30.0  # Ceiling of the pause between restarts of a worker that dies before it is ready.

StartWorker = Callable[[], Awaitable[WorkerProcess]]
OpenSession = Callable[[WorkerProcess, OnRecall], Session]


class Residence:
    """Keeps a worker alive, loads models under leases, and gives memory back by ending the worker.

    Killing is the only release that can be trusted: a CUDA context and the allocators of a live process keep
    hundreds of megabytes (services/arbiter's design, finding 7).
    """

    def __init__(self, start_worker: StartWorker, open_session: OpenSession) -> None:
        self._start_worker, self._open_session = start_worker, open_session
        self._tenancy: Tenancy | None = None
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._early_deaths = 0
        self.leased: Lease | None = None  # the last lease, even if its worker is gone
        self.evicting_s = 0.0  # spent on workers that were ended, altogether

    @property
    def warm_model(self) -> str:
        """The model whose weights are resident; empty when none is."""
        return self._tenancy.model if self._tenancy is not None else ""

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that the arbiter grants; none before it has answered."""
        return self._tenancy.session.devices if self._tenancy is not None else ()

    @property
    def context_bytes(self) -> int:
        """What the worker's process was measured to hold without a model; 0 until it has said so."""
        ready = self._tenancy.ready if self._tenancy is not None else None
        return ready.context_bytes if ready is not None else 0

    async def open(self) -> None:
        """Starts the worker, so that its libraries are imported before the first job."""
        async with self._turn:
            await self._ensure_worker()

    async def close(self) -> None:
        """Ends the worker."""
        for task in (ending := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._tenancy is not None:
            tenancy, self._tenancy = self._tenancy, None
            await tenancy.end()

    @asynccontextmanager
    async def occupied(self) -> AsyncGenerator[None]:
        """Holds the worker for one job; a recall that came meanwhile is obeyed afterwards."""
        async with self._turn:
            yield
            if self._tenancy is not None and self._tenancy.recalled:
                await self._evict("recalled")

    async def prepare(self, need: Need, tell_waiting: Tell, tell_loading: Callable[[], None]) -> Lease:
        """Returns the lease of the loaded model.

        Raises NeverFits, ModelUnreadable, OutOfMemory or WorkerLost.
        """
        tenancy = await self._ensure_worker()
        if cause := _unfit(tenancy, need):
            await self._evict(cause)
            tenancy = await self._ensure_worker()
        if tenancy.ready is None:
            tell_waiting(0, "its worker, which is starting")
        ready = await asyncio.shield(tenancy.greeting)
        self._early_deaths = 0
        if tenancy.lease is None:
            asked = need.in_process(ready.context_bytes)
            tenancy.lease = await tenancy.session.acquire(
                asked.demands, need.priority, tell_waiting, asked.on_card
            )
            self.leased = tenancy.lease
            tell_loading()
            try:
                await self._load(tenancy, need.model, tenancy.lease)
            except asyncio.CancelledError:
                await self._evict("cancelled while loading")
                raise
        else:
            await tenancy.settle()
            await tenancy.grow()
        return tenancy.lease

    async def compute(self, lease: Lease, run: Run, need: Need, tell_waiting: Tell) -> AsyncIterator[Event]:
        """Yields the worker's events of one job; closing the iterator cancels it within one step.

        Raises StaleToken when the lease was recalled before the job began, WorkerLost when the worker dies.
        """
        tenancy = self._tenancy
        assert tenancy is not None, "compute follows prepare"
        extra_bytes = working_bytes(need, lease)
        await tenancy.session.begin(lease, run.job, need.priority, extra_bytes, tell_waiting)
        peak_bytes, finished = 0, False
        tenancy.job = run.job
        tenancy.worker.send(Command(run=run))
        try:
            async for event in tenancy.worker.events():
                if tenancy.hear(event):
                    continue
                if event.HasField("ended"):
                    peak_bytes, finished = event.ended.peak_bytes, True
                    _report_exhaustion(tenancy.session, lease, event.ended)
                yield event
        finally:
            if not finished and tenancy.worker.alive:
                peak_bytes = await _cancel(tenancy.worker, run.job)
            tenancy.job = ""
            tenancy.session.end(lease, run.job, peak_bytes)

    async def discard(self, cause: str) -> None:
        """Ends a worker that is broken or whose lease is stale; the next `prepare` starts another."""
        await self._evict(cause)

    async def _load(self, tenancy: Tenancy, model: str, lease: Lease) -> None:
        load = Load(model=model, tier=lease.tier, device=lease.device, budget_bytes=lease.budget_bytes)
        tenancy.worker.send(Command(load=load))
        async for event in tenancy.worker.events():
            if tenancy.hear(event):
                continue
            if event.HasField("ended"):
                _report_exhaustion(tenancy.session, lease, event.ended)
                await self._evict("load failed")
                kind = OutOfMemory if event.ended.reason == OutOfMemory.reason else ModelUnreadable
                raise kind(event.ended.message)
            tenancy.model = model
            tenancy.session.loaded(lease, event.loaded.observed_bytes)

    async def _ensure_worker(self) -> Tenancy:
        if self._tenancy is not None and not self._tenancy.worker.alive:
            await self._evict("died")
        if self._tenancy is None:
            worker = await self._start_worker()
            session = self._open_session(worker, self._on_recall)
            greeting = asyncio.create_task(worker.ready(), context=Context())
            self._tenancy = Tenancy(worker, session, greeting)
            self._spawn(self._watch(self._tenancy))
        return self._tenancy

    async def _evict(self, cause: str) -> None:
        """Ends the worker, and has the next one import its libraries while nobody waits for it."""
        tenancy, self._tenancy = self._tenancy, None
        if tenancy is None:
            return
        log.info("worker ended", cause=cause, worker_pid=tenancy.worker.identity.pid, model=tenancy.model)
        started_s = time.monotonic()
        await tenancy.end()
        self.evicting_s += time.monotonic() - started_s
        self._spawn(self.open())

    def _on_recall(self, token: int, at_step: bool, wanted_bytes: int) -> None:
        tenancy = self._tenancy
        if tenancy is None or tenancy.lease is None or tenancy.lease.token != token:
            return
        if tenancy.model and tenancy.lease.can_spare(wanted_bytes):
            log.info("weights shrink", bytes=wanted_bytes, model=tenancy.model)
            tenancy.give_back(wanted_bytes)
            self._spawn(self._settle(tenancy))
            return
        tenancy.recalled = True
        if at_step and tenancy.job:
            tenancy.worker.send(Command(park=Park(job=tenancy.job)))
        self._spawn(self._obey(tenancy))

    async def _obey(self, tenancy: Tenancy) -> None:
        """Gives the memory back as soon as no job holds the worker."""
        async with self._turn:
            if self._tenancy is tenancy:
                await self._evict("recalled")

    async def _settle(self, tenancy: Tenancy) -> None:
        """Hears that an idle worker has given back what was wanted; a job that runs hears it itself."""
        async with self._turn:
            if self._tenancy is tenancy and tenancy.worker.alive:
                with suppress(WorkerLost):
                    await tenancy.settle()

    async def _watch(self, tenancy: Tenancy) -> None:
        """Replaces a worker that dies while idle; a job that it runs or waits for notices by itself."""
        tenancy.session.lose(await tenancy.worker.lost())
        if tenancy.ready is None:
            self._early_deaths += 1
            await asyncio.sleep(min(2.0**self._early_deaths, _RESTART_MAX_S))
        async with self._turn:
            if self._tenancy is tenancy:
                await self._evict("died")

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        # In a context of its own: it outlives the job during which it began.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._reap)

    def _reap(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background task failed", exc_info=error)


def _unfit(tenancy: Tenancy, need: Need) -> str:
    """Returns why what is loaded cannot serve `need`; empty when it can, or nothing is loaded."""
    lease = tenancy.lease
    if lease is None:
        return ""
    if tenancy.model != need.model:
        return "another model is wanted"
    if tenancy.recalled:
        return "recalled"
    return "" if lease.tier in need.tiers else "another tier is wanted"


def _report_exhaustion(session: Session, lease: Lease, ended: Ended) -> None:
    if ended.reason == OutOfMemory.reason:
        session.ran_out(lease, ended.peak_bytes, ended.requested_bytes)


async def _cancel(worker: WorkerProcess, job: str) -> int:
    """Stops the worker before its next step, ends it when it does not, and returns the peak in bytes."""
    worker.send(Command(cancel=Cancel(job=job)))
    try:
        async with asyncio.timeout(_CANCEL_S):
            async for event in worker.events():
                if event.HasField("ended"):
                    return event.ended.peak_bytes
    except TimeoutError:
        log.warning("worker ignored a cancel", waited_s=_CANCEL_S)
        await worker.kill()
    except WorkerLost:
        pass
    return 0
