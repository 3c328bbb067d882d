from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from gateway.device_metrics import Memory
from gateway.job_metrics import Queue
from gateway.jobs.census import Count
from gateway.jobs.job import PRIORITIES, Job, Kind
from gateway.jobs.performance import STAGES, Performance
from gateway.machines import MachineBook

_WAIT_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800)
_STAGE_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300)
_STEP_BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_SHARE_BUCKETS = (0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.2)


class Metrics:
    """What Prometheus reads; one registry for each gateway, so that two can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(namespace="limner", registry=self._registry)
        self.accepted = Counter(
            "limner_jobs_accepted", "Jobs accepted with 202.", ["kind"], registry=self._registry
        )
        self.finished = Counter(
            "limner_jobs_finished", "Jobs ended.", ["kind", "state"], registry=self._registry
        )
        self.failed = Counter(
            "limner_jobs_failed", "Jobs failed for good.", ["kind", "reason"], registry=self._registry
        )
        self.attempts = Counter(
            "limner_attempts_failed",
            "Calls to services that failed, by what became of the job.",
            ["kind", "action"],
            registry=self._registry,
        )
        self.errors = Counter(
            "limner_errors", "Calls to services that failed.", ["kind", "reason"], registry=self._registry
        )
        self._wait = Histogram(
            "limner_job_wait_seconds",
            "From acceptance to the first sign of work.",
            ["priority"],
            registry=self._registry,
            buckets=_WAIT_BUCKETS_S,
        )
        self._stage = Histogram(
            "limner_stage_seconds",
            "Time in each stage, as the service measured it.",
            ["kind", "stage"],
            registry=self._registry,
            buckets=_STAGE_BUCKETS_S,
        )
        self._step = Histogram(
            "limner_step_seconds",
            "Time of a denoising step, the mean of each image.",
            ["kind", "tier"],
            registry=self._registry,
            buckets=_STEP_BUCKETS_S,
        )
        self._swap = Histogram(
            "limner_swap_seconds",
            "Until the right model was in memory, of jobs that found another one or none.",
            ["kind"],
            registry=self._registry,
            buckets=_STAGE_BUCKETS_S,
        )
        self._charge_share = Histogram(
            "limner_charge_share",
            "Peak of a job's memory by what it was charged; above 1 it took more than was granted.",
            ["kind", "tier"],
            registry=self._registry,
            buckets=_SHARE_BUCKETS,
        )
        self._moved = Counter(
            "limner_weights_moved_bytes",
            "Weights that were read to load a model, and streamed to the device while it computed.",
            ["kind", "how"],
            registry=self._registry,
        )
        self.readers = Gauge("limner_event_readers", "Open event streams.", registry=self._registry)
        # From the start, so that a rate sees the first of each.
        self._waits = {number: self._wait.labels(name) for name, number in PRIORITIES.items()}

    def ended(self, job: Job) -> None:
        """Notes what became of a job."""
        self.finished.labels(job.kind, job.state).inc()
        if job.fault is not None:
            self.failed.labels(job.kind, job.fault.code).inc()

    def waited(self, priority: int, wait_s: float) -> None:
        """Notes how long a job of that priority waited for its first sign of work."""
        self._waits[priority].observe(wait_s)

    def cost(self, kind: Kind, cost: Performance) -> None:
        """Notes what one result cost; stages that it had no part in are not counted."""
        for stage in STAGES:
            if (spent_s := getattr(cost, f"{stage}_s")) > 0:
                self._stage.labels(kind, stage).observe(spent_s)
        if cost.step_s is not None:
            self._step.labels(kind, cost.tier).observe(cost.step_s)
        if cost.swap_s > 0:
            self._swap.labels(kind).observe(cost.swap_s)
        if cost.charge_share is not None:
            self._charge_share.labels(kind, cost.tier).observe(cost.charge_share)
        for how, moved_bytes in (("read", cost.read_bytes), ("streamed", cost.streamed_bytes)):
            if moved_bytes:
                self._moved.labels(kind, how).inc(moved_bytes)

    def render(self, books: Sequence[MachineBook], count: Count | None, now: float) -> bytes:
        """Returns the text format of Prometheus; without a snapshot the arbiter counts as down.

        Without a count of the jobs that have not ended, the database does.
        """
        seen = CollectorRegistry()
        seen.register(Memory(books))
        seen.register(Queue(count, now))
        return generate_latest(self._registry) + generate_latest(seen)
