"""One simulated machine: a card, production's arbiter, and a front for each service that obeys it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, auto

from benchmarks.capacity.workload import Job
from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.batches import TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.demands import Alternative, Charge
from services.arbiter.effects import Effect, Send
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.records import Past
from services.arbiter.vigil import Limits

CARD = "card"
_CARD_BYTES, _WORKING_BYTES = 100, 10  # A pipeline fills it.
_FOR_EVER_S = 1e9

At = Callable[[float, Callable[[], None]], None]  # has something done at a time


class Phase(Enum):
    """What a front is about."""

    IDLE = auto()
    ASKING = auto()  # for memory
    LOADING = auto()
    BEGINNING = auto()
    RUNNING = auto()


class Front:
    """A replica: one job at a time, one model in memory, which it gives back when it is asked to."""

    def __init__(self, host: Host, service: str) -> None:
        self.key = Key(service, "1")
        self.seq = 1
        self.loads = 0
        self._host = host
        self._waiting: deque[Job] = deque()
        self._job: Job | None = None
        self._phase = Phase.IDLE
        self._model, self._token, self._tickets = "", 0, 0
        self._is_recalled = False

    def take(self, job: Job) -> None:
        """Accepts a job."""
        self._waiting.append(job)
        self._go_on()

    def hear(self, response: rs.Response) -> None:
        """Does as the arbiter says."""
        match response:
            case rs.Offer():
                self._token = response.token
                self._say(rq.Confirm(self._token))
            case rs.ConfirmAccepted():
                self._phase = Phase.LOADING
                self._host.at(self._host.now_s + self._current.pipeline.load_s, self._loaded)
            case rs.BeginAccepted():
                self._phase = Phase.RUNNING
                self._host.at(self._host.now_s + self._current.pipeline.run_s, self._ended)
            case rs.Recall() | rs.Drain():
                self._is_recalled = True
                if self._phase in {Phase.IDLE, Phase.BEGINNING}:
                    self._host.at(self._host.now_s, self._obey)
            case _:
                pass

    @property
    def _current(self) -> Job:
        assert self._job is not None, f"{self.key} has no job"
        return self._job

    def _go_on(self) -> None:
        if self._job is None and self._waiting and not self._is_recalled:
            self._job = self._waiting.popleft()
            if self._token and self._model != self._job.pipeline.model:
                self._release()
            self._begin() if self._token else self._ask()

    def _ask(self) -> None:
        self._phase = Phase.ASKING
        self._tickets += 1
        pipeline = self._current.pipeline
        charge = Charge(CARD, _CARD_BYTES - _WORKING_BYTES, _WORKING_BYTES)
        way = Alternative("full", pipeline.model, (charge,), pipeline.load_s, pipeline.run_s)
        self._say(rq.Acquire(f"{self.key.holder}{self._tickets}", (way,)))

    def _loaded(self) -> None:
        self.loads += 1
        self._model = self._current.pipeline.model
        self._phase = Phase.BEGINNING
        self._say(rq.Loaded(self._token))
        if self._is_recalled:
            self._obey()
        else:
            self._begin()

    def _begin(self) -> None:
        self._phase = Phase.BEGINNING
        self._say(rq.Begin(self._token, self._current.id))

    def _ended(self) -> None:
        job, self._job, self._phase = self._current, None, Phase.IDLE
        self._say(rq.End(self._token, job.id))
        self._host.finish(self.key.holder, job)
        if self._is_recalled:
            self._obey()
        self._go_on()

    def _obey(self) -> None:
        if self._is_recalled and self._phase in {Phase.IDLE, Phase.BEGINNING}:
            self._release()
            if self._job is not None:
                self._ask()
            else:
                self._go_on()

    def _release(self) -> None:
        token, self._token, self._model, self._is_recalled = self._token, 0, "", False
        self._say(rq.Release(token))

    def _say(self, request: rq.Request) -> None:
        self.seq += 1
        self._host.say(self, request)


class Host:
    """A machine with one card."""

    def __init__(self, services: Iterable[str], at: At, finish: Callable[[Host, str, Job], None]) -> None:
        self.now_s = 0.0
        self._at, self._finish = at, finish
        card = Device(CARD, "", _CARD_BYTES, _CARD_BYTES)
        # These fronts never beat: what is simulated is the queue.
        limits = Limits(_FOR_EVER_S, _FOR_EVER_S, _FOR_EVER_S)
        self._core = Core([card], Past(), 0.0, TimeLimitedBatches(), limits=limits)
        self.fronts = {service: Front(self, service) for service in services}
        self._due_s: float | None = None
        for front in self.fronts.values():
            self._deliver(self._core.hello(front.key, 1, rq.Hello(pid=1), True, 0.0))

    @property
    def loads(self) -> int:
        """How often a model was loaded."""
        return sum(front.loads for front in self.fronts.values())

    def take(self, service: str, job: Job, now_s: float) -> None:
        """Gives a job to a replica."""
        self.now_s = now_s
        self.fronts[service].take(job)

    def at(self, at_s: float, act: Callable[[], None]) -> None:
        """Has something done on this machine at a time."""

        def then() -> None:
            self.now_s = at_s
            act()

        self._at(at_s, then)

    def say(self, front: Front, request: rq.Request) -> None:
        """Tells the arbiter."""
        self._deliver(self._core.receive(front.key, front.seq, request, self.now_s))

    def finish(self, service: str, job: Job) -> None:
        """Tells that a job is done."""
        self._finish(self, service, job)

    def _deliver(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.fronts[effect.key.holder].hear(effect.response)
        due_s = self._core.next_due_s()
        if due_s is not None and (self._due_s is None or due_s < self._due_s or self._due_s < self.now_s):
            self._due_s = due_s
            self._at(max(due_s, self.now_s), lambda: self._expire(due_s))

    def _expire(self, due_s: float) -> None:
        if self._due_s == due_s:
            self._due_s = None
            self.now_s = max(self.now_s, due_s)
            self._deliver(self._core.expire(self.now_s))
