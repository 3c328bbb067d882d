"""The worker's side of a replica: one process, one pipeline, one job at a time, killable at any moment."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

import structlog
from google.protobuf.message import Message
from setproctitle import setproctitle

from limner.logs import bind_job
from limner.progress.v1.progress_pb2 import Checkpoint, Progress, Provenance
from limner.worker.v1.worker_pb2 import Command, Ended, Event, Load, Loaded, Ready, Resized, Result, Run
from services.pipelines.exhaustion import is_exhaustion, requested_bytes
from services.pipelines.framing import BlockingEnd, Closed
from services.pipelines.memory import HostMeter, Meter
from services.rpc.errors import LimnerError, OutOfMemory

log = structlog.get_logger(__name__)

SOCKET_FD_VARIABLE = "LIMNER_WORKER_SOCKET_FD"


class Cancelled(Exception):
    """The job was cancelled; raised at a step boundary."""


class Parked(Exception):
    """The job gave the device to a more urgent one; raised after its checkpoint was handed over."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the front wants of the running job, heard while it computes."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    parked: threading.Event = field(default_factory=threading.Event)
    budgets_bytes: SimpleQueue[int] = field(default_factory=SimpleQueue[int])

    def clear(self) -> None:
        """Forgets what was wanted of the job before; a budget is wanted of the weights."""
        self.cancelled.clear()
        self.parked.clear()


class Reporter:
    """What an engine tells of its running job. Each call is cheap and may raise Cancelled."""

    def __init__(
        self, send: Callable[[Event], None], signals: Signals, resize: Callable[[], None] = lambda: None
    ) -> None:
        self._send, self._signals, self._resize = send, signals, resize
        self._step = self._steps = 0

    def check(self) -> None:
        """Raises Cancelled when the job is no longer wanted."""
        if self._signals.cancelled.is_set():
            raise Cancelled

    @property
    def parking(self) -> bool:
        """True when the engine shall hand over a checkpoint now and raise Parked."""
        return self._signals.parked.is_set()

    def progress(self, progress: Progress) -> None:
        """Reports a complete snapshot, and has the weights shrink or grow if that was asked meanwhile."""
        self.check()
        if progress.step not in {0, self._step}:
            self._steps += 1
        self._step = progress.step
        self._send(Event(progress=progress))
        self._resize()

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Hands over the state from which another worker could go on."""
        self._send(Event(checkpoint=checkpoint))

    def result(self, image_index: int, result: Message) -> None:
        """Hands over one finished image, with the steps since the one before."""
        provenance, self._steps = Provenance(steps=self._steps), 0
        told = Result(image_index=image_index, result=result.SerializeToString(), provenance=provenance)
        self._send(Event(result=told))


class Engine(Protocol):
    """A pipeline as a worker sees it."""

    def library_versions(self) -> dict[str, str]:
        """Imports what the pipeline needs and names its versions; touches no device."""
        ...

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        """Loads the weights as the tier says; returns what measures the device, None for the host.

        They hold at most `budget_bytes` there at a time, as much as the tier wants if that is 0. Raises
        ModelUnreadable, OutOfMemory when the budget is too small, or the MemoryError of its library.
        """
        ...

    def resize(self, budget_bytes: int) -> None:
        """Has the weights hold so much from now on, or the least that they can; between two steps only.

        Does nothing when no model is loaded.
        """
        ...

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Does one job, reporting every result; raises Cancelled, Parked, a LimnerError or a MemoryError."""
        ...


def work(engine: Engine, title: str) -> None:
    """Serves the front until it hangs up. Call it from the worker's main module and nowhere else."""
    setproctitle(title)
    end = BlockingEnd(socket.socket(fileno=int(os.environ[SOCKET_FD_VARIABLE])))
    _Worker(engine, end).serve()


class _Worker:
    def __init__(self, engine: Engine, end: BlockingEnd) -> None:
        self._engine, self._end = engine, end
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self._signals = Signals()
        self._running = ""
        self._meter: Meter = HostMeter()

    def serve(self) -> None:
        threading.Thread(target=self._listen, daemon=True, name="commands").start()
        versions = self._engine.library_versions()
        self._send(Event(ready=Ready(library_versions=versions, context_bytes=self._meter.held_bytes())))
        while (command := self._commands.get()) is not None:
            if command.HasField("load"):
                self._load(command.load)
            elif command.HasField("resize"):
                self._resize()
            else:
                bind_job(command.run.job)
                self._run(command.run)
                structlog.contextvars.clear_contextvars()

    def _listen(self) -> None:
        """Hears a Cancel while the main thread computes."""
        while True:
            try:
                command = self._end.receive(Command)
            except Closed:
                self._signals.cancelled.set()
                self._commands.put(None)
                return
            if command.HasField("cancel"):
                if command.cancel.job == self._running:
                    self._signals.cancelled.set()
            elif command.HasField("park"):
                if command.park.job == self._running:
                    self._signals.parked.set()
            else:
                if command.HasField("resize"):
                    # Obeyed at the running job's next step, or when the command's turn comes.
                    self._signals.budgets_bytes.put(command.resize.budget_bytes)
                if command.HasField("run"):
                    self._running = command.run.job
                    self._signals.clear()
                self._commands.put(command)

    def _load(self, load: Load) -> None:
        try:
            meter = self._engine.load(load.model, load.tier, load.device, load.budget_bytes)
            self._meter = meter or HostMeter()
        except Exception as error:
            self._send(Event(ended=_failure("", error)))
        else:
            self._send(Event(loaded=Loaded(observed_bytes=self._meter.held_bytes())))

    def _resize(self) -> None:
        """Obeys and answers every Resize that came and was not answered yet."""
        while not self._signals.budgets_bytes.empty():
            self._engine.resize(self._signals.budgets_bytes.get())
            self._send(Event(resized=Resized(observed_bytes=self._meter.held_bytes())))

    def _run(self, run: Run) -> None:
        report = Reporter(self._send, self._signals, self._resize)
        resume_from = run.resume_from if run.HasField("resume_from") else None
        self._meter.reset_peak()
        try:
            self._engine.run(run.request, resume_from, report)
            ended = Ended(job=run.job, ok=True)
        except Cancelled:
            ended = Ended(job=run.job, cancelled=True)
        except Parked:
            ended = Ended(job=run.job, parked=True)
        except Exception as error:
            ended = _failure(run.job, error)
        ended.peak_bytes = self._meter.peak_bytes()
        self._send(Event(ended=ended))

    def _send(self, event: Event) -> None:
        if event.HasField("result"):
            event.result.provenance.peak_bytes = self._meter.peak_bytes()
        try:
            self._end.send(event)
        except Closed:
            # The front is gone and with it every reader; nothing here is worth finishing.
            sys.exit(0)


def _failure(job: str, error: Exception) -> Ended:
    if is_exhaustion(error):
        return Ended(
            job=job,
            reason=OutOfMemory.reason,
            message="The device ran out of memory; use a smaller size.",
            requested_bytes=requested_bytes(error),
        )
    if isinstance(error, LimnerError):
        return Ended(job=job, reason=error.reason, message=error.message)
    log.exception("job failed", exc_info=error)
    return Ended(
        job=job, reason="INTERNAL", message="The pipeline failed; the log of the service says where."
    )
