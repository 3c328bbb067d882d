"""The jobs of the whole studio as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.jobs.census import Count, Group
from gateway.jobs.job import PRIORITIES, Kind, State
from gateway.jobs.kinds import TRADES
from gateway.replicas import SERVICES, Service

_LIVE = [state for state in State if not state.is_final]


class Queue(Collector):
    """One census, or the fact that there is none. Gateways that share a database each tell the same."""

    def __init__(self, count: Count | None, now: float) -> None:
        self._count = count
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yields every family; without a census only that the database is down."""
        up = GaugeMetricFamily("limner_database_up", "Whether the job database answers.")
        up.add_metric((), float(self._count is not None))
        yield up
        if self._count is not None:
            groups = self._count.groups
            yield _paused(self._count.is_paused)
            yield _depth(groups)
            yield _oldest(groups, self._now)
            yield _jobs(groups)
            yield _service_depth(groups)
            yield _service_oldest(groups, self._now)


def _paused(is_paused: bool) -> Metric:
    family = GaugeMetricFamily("limner_queue_paused", "Whether jobs that wait are kept from starting.")
    family.add_metric((), float(is_paused))
    return family


def _depth(groups: Sequence[Group]) -> Metric:
    family = GaugeMetricFamily("limner_queue_depth", "Jobs that have not started.", labels=("priority",))
    for name, number in PRIORITIES.items():
        family.add_metric((name,), sum(group.count for group in _waiting(groups, number)))
    return family


def _oldest(groups: Sequence[Group], now: float) -> Metric:
    text = "How long the oldest job that has not started has waited; 0 when none waits."
    family = GaugeMetricFamily("limner_queue_oldest_seconds", text, labels=("priority",))
    for name, number in PRIORITIES.items():
        oldest_at = min((group.oldest_at for group in _waiting(groups, number)), default=now)
        family.add_metric((name,), max(0.0, now - oldest_at))
    return family


def _jobs(groups: Sequence[Group]) -> Metric:
    family = GaugeMetricFamily("limner_jobs", "Jobs that have not ended.", labels=("kind", "state"))
    for kind in Kind:
        for state in _LIVE:
            alike = (group.count for group in groups if (group.kind, group.state) == (kind, state))
            family.add_metric((kind, state), sum(alike))
    return family


def _service_depth(groups: Sequence[Group]) -> Metric:
    text = "Jobs that have not started, by the service that will do them."
    family = GaugeMetricFamily("limner_service_queue_depth", text, labels=("service",))
    for service in SERVICES:
        family.add_metric((service.name,), sum(group.count for group in _waiting_for(service, groups)))
    return family


def _service_oldest(groups: Sequence[Group], now: float) -> Metric:
    text = "How long the oldest of them has waited; 0 when none waits."
    family = GaugeMetricFamily("limner_service_queue_oldest_seconds", text, labels=("service",))
    for service in SERVICES:
        oldest_at = min((group.oldest_at for group in _waiting_for(service, groups)), default=now)
        family.add_metric((service.name,), max(0.0, now - oldest_at))
    return family


def _waiting_for(service: Service, groups: Sequence[Group]) -> list[Group]:
    return [g for g in groups if g.state == State.QUEUED and TRADES[g.kind].service is service]


def _waiting(groups: Sequence[Group], priority: int) -> list[Group]:
    return [group for group in groups if (group.state, group.priority) == (State.QUEUED, priority)]
