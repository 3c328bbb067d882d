"""Queues of jobs over virtual time, served by the production core, beside the exact optimum."""

from __future__ import annotations

import heapq
import json
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from services.arbiter import requests as rq
from services.arbiter import responses as rs
from services.arbiter.core import Core
from services.arbiter.demands import Alternative, Charge
from services.arbiter.effects import Effect, Send
from services.arbiter.leases import Key, State
from services.arbiter.ledger import Device
from services.arbiter.policy import Decision, Grant, Policy, Vacate, View, Wait, way_that_fits, ways
from services.arbiter.records import Past
from services.arbiter.tickets import Ticket
from services.arbiter.vigil import Limits

TRACES = Path(__file__).parent / "traces"
_CARD_BYTES = 100
_FOR_EVER_S = 1e9
_DEVICE = Device("card", "", _CARD_BYTES, _CARD_BYTES)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One model that fills the card; a swap unloads the one before and loads this one."""

    name: str
    run_s: float
    swap_s: float


@dataclass(frozen=True, slots=True)
class Job:
    """One arrival."""

    at_s: float
    pipeline: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Recorded arrivals, and the smallest makespan that they allow."""

    jobs: list[Job]
    optimum_s: float


@dataclass(slots=True)
class Outcome:
    """What a schedule came to."""

    makespan_s: float = 0.0
    swaps: int = 0
    waits_s: list[float] = field(default_factory=list[float])
    bound_ratio: float = 0.0  # The largest wait of a ticket over its exported bound.


PIPELINES = {p.name: p for p in (Pipeline("A", 25, 20), Pipeline("B", 30, 20), Pipeline("C", 8, 6))}


def read_traces(name: str) -> list[Trace]:
    """Returns the recorded arrivals of one kind, one trace per seed."""
    rows = json.loads((TRACES / f"{name}.json").read_text())
    return [Trace([Job(at_s, pipeline) for at_s, pipeline in row], optimum_s) for optimum_s, row in rows]


def optimum_s(jobs: list[Job]) -> float:
    """Returns the smallest possible makespan, by exact search; it may load a model before its job arrives."""
    arrivals = {name: [job.at_s for job in jobs if job.pipeline == name] for name in PIPELINES}
    names = list(PIPELINES)
    best: dict[tuple[tuple[int, ...], str], float] = {((0,) * len(names), ""): 0.0}
    for _ in jobs:
        following: dict[tuple[tuple[int, ...], str], float] = {}
        for (done, loaded), at_s in best.items():
            for index, name in enumerate(names):
                if done[index] == len(arrivals[name]):
                    continue
                swap_s = 0.0 if name == loaded else PIPELINES[name].swap_s
                end_s = max(at_s + swap_s, arrivals[name][done[index]]) + PIPELINES[name].run_s
                state = ((*done[:index], done[index] + 1, *done[index + 1 :]), name)
                following[state] = min(end_s, following.get(state, float("inf")))
        best = following
    return min(best.values())


class _Front:
    """A service's front: keeps its jobs, asks for the card, gives it back when asked."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.key = Key(pipeline.name, "1")
        self.jobs: deque[Job] = deque()
        self.seq = 1
        self.token = 0
        self.is_asking = self.is_ready = self.is_recalled = False
        self.running: Job | None = None


class Simulation:
    """One card, one front per pipeline, one policy."""

    def __init__(self, policy: Policy) -> None:
        self.now_s = 0.0
        self.outcome = Outcome()
        # These fronts never beat: what is simulated is the queue.
        self._core = Core(
            [_DEVICE], Past(), 0.0, policy, limits=Limits(_FOR_EVER_S, _FOR_EVER_S, _FOR_EVER_S)
        )
        self._fronts = {p.name: _Front(p) for p in PIPELINES.values()}
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._counter = count()
        self._tickets = count()
        self._bounds: dict[str, tuple[float, float]] = {}
        for front in self._fronts.values():
            self._deliver(self._core.hello(front.key, 1, rq.Hello(pid=1), True, 0.0))

    def run(self, jobs: list[Job]) -> Outcome:
        """Serves all jobs and returns what that came to."""
        for job in jobs:
            self._at(job.at_s, lambda job=job: self._arrive(job))
        while len(self.outcome.waits_s) < len(jobs):
            due_s = self._core.next_due_s()
            if due_s is not None and due_s <= self._agenda[0][0] if self._agenda else due_s is not None:
                self.now_s = max(self.now_s, due_s or 0.0)
                self._deliver(self._core.expire(self.now_s))
            elif self._agenda:
                self.now_s, _, act = heapq.heappop(self._agenda)
                act()
            else:
                raise AssertionError(f"nothing moves at {self.now_s} s although jobs wait")
        return self.outcome

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._counter), act))

    def _say(self, front: _Front, request: rq.Request) -> None:
        front.seq += 1
        self._deliver(self._core.receive(front.key, front.seq, request, self.now_s))

    def _arrive(self, job: Job) -> None:
        front = self._fronts[job.pipeline]
        front.jobs.append(job)
        if front.is_ready and not front.is_recalled:
            self._say(front, rq.Begin(front.token, str(id(job))))
        else:
            self._ask(front)

    def _ask(self, front: _Front) -> None:
        if front.jobs and not front.token and not front.is_asking:
            front.is_asking = True
            pipeline = front.pipeline
            charge = Charge("card", _CARD_BYTES - 10, 10)
            way = Alternative("full", pipeline.name, (charge,), pipeline.swap_s, pipeline.run_s)
            self._say(front, rq.Acquire(f"{pipeline.name}{next(self._tickets)}", (way,)))

    def _deliver(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self._hear(self._fronts[effect.key.holder], effect.response)

    def _hear(self, front: _Front, response: rs.Response) -> None:
        match response:
            case rs.Position() if response.wait_bound_s is not None:
                self._bounds.setdefault(response.ticket, (self.now_s, response.wait_bound_s))
            case rs.Offer():
                self._check_bound(response.ticket)
                front.token = response.token
                self._say(front, rq.Confirm(response.token))
            case rs.ConfirmAccepted():
                self.outcome.swaps += 1
                self._at(self.now_s + front.pipeline.swap_s, lambda: self._loaded(front))
            case rs.BeginAccepted():
                self._run_next(front)
            case rs.Recall() | rs.Drain():
                front.is_recalled = True
                if front.is_ready and front.running is None:
                    self._at(self.now_s, lambda: self._release(front))
            case _:
                pass

    def _check_bound(self, ticket: str) -> None:
        if ticket in self._bounds:
            asked_s, bound_s = self._bounds.pop(ticket)
            self.outcome.bound_ratio = max(self.outcome.bound_ratio, (self.now_s - asked_s) / bound_s)

    def _loaded(self, front: _Front) -> None:
        front.is_ready, front.is_asking = True, False
        self._say(front, rq.Loaded(front.token))
        for job in list(front.jobs):
            if not front.is_recalled:
                self._say(front, rq.Begin(front.token, str(id(job))))
        if front.is_recalled and front.running is None:
            self._release(front)

    def _run_next(self, front: _Front) -> None:
        front.running = front.jobs.popleft()
        self._at(self.now_s + front.pipeline.run_s, lambda: self._finish(front))

    def _finish(self, front: _Front) -> None:
        job = front.running
        assert job is not None
        front.running = None
        self.outcome.makespan_s = self.now_s
        self.outcome.waits_s.append(self.now_s - front.pipeline.run_s - job.at_s)
        self._say(front, rq.End(front.token, str(id(job))))
        if front.is_recalled and front.running is None:
            self._release(front)

    def _release(self, front: _Front) -> None:
        if not front.token:
            return
        token, front.token = front.token, 0
        front.is_ready = front.is_recalled = False
        self._say(front, rq.Release(token))
        self._ask(front)


class FirstComeFirstServed:
    """The baseline: tickets strictly in order, every ticket at once asks back whatever is in its way.

    A front that holds the card serves one job per turn while another waits.
    """

    def admit(self, ticket: Ticket, view: View) -> Ticket:
        """Promises nothing."""
        return replace(ticket, wait_bound_s=math.inf)

    def decide(self, view: View) -> Decision:
        """Serves the oldest ticket."""
        head: Ticket | None = next(view.queue.in_order(), None)
        if head is None:
            return Wait()
        if (way := way_that_fits(head, view.ledger)) is not None:
            return Grant(head, *way)
        devices = {charge.device for _, charges in ways(head, view.ledger) for charge in charges}
        there = [lease for id in devices for lease in view.ledger.on(id) if not lease.is_leaving]
        older = {b.token for b in view.queue.begins.values() if b.since_s < head.since_s}
        # Whoever has loaded for a job serves it first, or nothing would ever be served.
        served = [lease for lease in there if lease.idle_s > lease.resident_s or lease.state is State.ACTIVE]
        return Vacate(head, tuple(lease.token for lease in served if lease.token not in older))
