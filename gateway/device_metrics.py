"""The arbiter's book as Prometheus reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from limner.arbiter.v1 import arbiter_pb2

_DEVICE_BYTES = ("total", "capacity", "charged", "observed", "foreign")


class Book(Collector):
    """One snapshot, or the fact that there is none."""

    def __init__(self, snapshot: arbiter_pb2.SnapshotResponse | None) -> None:
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """Yields every family; without a snapshot only that the arbiter is down."""
        up = GaugeMetricFamily("limner_arbiter_up", "Whether the memory arbiter answers.")
        up.add_metric((), float(self._snapshot is not None))
        yield up
        if self._snapshot is not None:
            yield _device_bytes(self._snapshot)
            yield _leases(self._snapshot)
            yield from _tickets(self._snapshot)
            yield _decisions(self._snapshot)


def _device_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    family = GaugeMetricFamily("limner_device_bytes", "Memory of a device.", labels=("device", "kind"))
    for device in snapshot.devices:
        for kind in _DEVICE_BYTES:
            family.add_metric((device.id, kind), getattr(device, f"{kind}_bytes"))
    return family


def _leases(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    family = GaugeMetricFamily("limner_leases", "Leases by state.", labels=("state",))
    states = Counter(arbiter_pb2.LeaseState.Name(lease.state) for lease in snapshot.leases)
    for state, count in states.items():
        family.add_metric((state.removeprefix("LEASE_STATE_").lower(),), count)
    return family


def _tickets(snapshot: arbiter_pb2.SnapshotResponse) -> Iterator[Metric]:
    waits_s = [ticket.waited.ToTimedelta().total_seconds() for ticket in snapshot.tickets]
    waiting = GaugeMetricFamily("limner_tickets_waiting", "Demands that wait for memory.")
    waiting.add_metric((), len(waits_s))
    yield waiting
    longest = GaugeMetricFamily("limner_ticket_longest_wait_seconds", "The longest of their waits so far.")
    longest.add_metric((), max(waits_s, default=0.0))
    yield longest


def _decisions(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    help_text = "Decisions of the arbiter since its start."
    family = CounterMetricFamily("limner_arbiter_decisions", help_text, labels=("decision",))
    for name, count in sorted(snapshot.decisions.items()):
        family.add_metric((name,), count)
    return family
