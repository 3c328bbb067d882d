from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from gateway.device_metrics import Book
from limner.arbiter.v1 import arbiter_pb2

_WAIT_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1800)
_STAGE_BUCKETS_S = (0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300)


class Metrics:
    """What Prometheus reads; one registry for each gateway, so that two can live in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.queue_depth = Gauge("limner_queue_depth", "Jobs that have not started.", registry=self._registry)
        self.accepted = Counter("limner_jobs_accepted", "Jobs accepted with 202.", registry=self._registry)
        self.finished = Counter("limner_jobs_finished", "Jobs ended.", ["state"], registry=self._registry)
        self.attempts = Counter(
            "limner_attempts_ended", "Calls to a service ended.", ["action"], registry=self._registry
        )
        self.errors = Counter(
            "limner_errors", "Failed calls to services.", ["reason"], registry=self._registry
        )
        self.wait = Histogram(
            "limner_job_wait_seconds",
            "From acceptance to the first sign of work.",
            registry=self._registry,
            buckets=_WAIT_BUCKETS_S,
        )
        self.stage = Histogram(
            "limner_stage_seconds",
            "Time in each stage, as the service measured it.",
            ["stage"],
            registry=self._registry,
            buckets=_STAGE_BUCKETS_S,
        )
        self.readers = Gauge("limner_event_readers", "Open event streams.", registry=self._registry)

    def render(self, snapshot: arbiter_pb2.SnapshotResponse | None) -> bytes:
        """Returns the text format of Prometheus; without a snapshot the arbiter counts as down."""
        book = CollectorRegistry()
        book.register(Book(snapshot))
        return generate_latest(self._registry) + generate_latest(book)
