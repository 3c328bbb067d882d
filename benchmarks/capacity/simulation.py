"""A gateway's queue and choice over many simulated machines."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import cast

from grpc import aio

from benchmarks.capacity.host import Host
from benchmarks.capacity.workload import Job, Pipeline
from gateway.jobs.order import Entry, Line
from gateway.jobs.supply import Supply, choose
from gateway.replicas import SERVICES, Replica, to_replica

_NORMAL = 2  # priority


@dataclass(slots=True)
class Outcome:
    """What came of a load."""

    hosts: int
    waits_s: list[float] = field(default_factory=list[float])
    spans_s: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    loads: int = 0
    choosing_s: float = 0.0  # of real time

    @property
    def jobs_per_hour(self) -> float:
        """How many jobs ended in an hour, from the first to the last."""
        return 3600 * len(self.spans_s) / max(end_s for _, end_s in self.spans_s)

    @property
    def p95_wait_s(self) -> float:
        """How long all but one in twenty waited at most until their picture was begun."""
        return sorted(self.waits_s)[int(0.95 * (len(self.waits_s) - 1))]

    @property
    def loads_per_job(self) -> float:
        """How often a model was loaded for a job."""
        return self.loads / len(self.waits_s)

    @property
    def choosing_us(self) -> float:
        """What the choice of job and replica took of a real processor, for each job."""
        return 1e6 * self.choosing_s / len(self.waits_s)


class _Nobody:
    """Stands for the connection to a replica: nobody calls it here."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *_, **__: None


class Simulation:
    """Time goes from event to event."""

    def __init__(self, pipelines: Sequence[Pipeline], hosts: int) -> None:
        self.now_s = 0.0
        self.outcome = Outcome(hosts)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._line, self._supply = Line(), Supply()
        self._jobs: dict[str, Job] = {}
        self._places: dict[Replica, Host] = {}
        self._replicas: dict[tuple[Host, str], Replica] = {}
        names = sorted({each.service for each in pipelines})
        self._services = [service for service in SERVICES if service.name in names]
        for number in range(hosts):
            host = Host(names, self._at, self._finish)
            for service in self._services:
                replica = to_replica(service, f"unix:/{number}", cast("aio.Channel", _Nobody()))
                self._places[replica] = host
                self._replicas[host, service.name] = replica
        self._supply.refresh(self._places)

    def run(self, jobs: Iterable[Job]) -> Outcome:
        """Serves all jobs."""
        for job in jobs:
            self._at(job.at_s, lambda job=job: self._arrive(job))
        while self._agenda:
            self.now_s, _, act = heapq.heappop(self._agenda)
            act()
        assert not self._jobs, f"nothing moves although {len(self._jobs)} jobs wait"
        self.outcome.loads = sum(host.loads for host in {*self._places.values()})
        return self.outcome

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._order), act))

    def _arrive(self, job: Job) -> None:
        self._jobs[job.id] = job
        started_s = time.perf_counter()
        model = job.pipeline.model
        self._line.add(Entry(job.id, job.pipeline.service, _NORMAL, None, model, created_at=self.now_s))
        self._fill(started_s)

    def _fill(self, started_s: float) -> None:
        given: list[tuple[Replica, str, Job]] = []
        for service in self._services:
            while (choice := choose(service.name, self._line, self._supply, self.now_s)) is not None:
                entry = self._line.take(choice.job_id)
                self._supply.give(choice.replica, entry.id, entry.model)
                given.append((choice.replica, service.name, self._jobs[entry.id]))
        self.outcome.choosing_s += time.perf_counter() - started_s
        for replica, name, job in given:
            self._places[replica].take(name, job, self.now_s)

    def _finish(self, host: Host, service: str, job: Job) -> None:
        del self._jobs[job.id]
        self.outcome.waits_s.append(self.now_s - job.pipeline.run_s - job.at_s)
        self.outcome.spans_s.append((job.at_s, self.now_s))
        started_s = time.perf_counter()
        replica = self._replicas[host, service]
        replica.jobs.discard(job.id)
        self._supply.note(replica)
        self._fill(started_s)
