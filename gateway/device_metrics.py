"""The arbiter's book as Prometheus reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.readiness import PROFILE
from limner.arbiter.v1 import arbiter_pb2

_DEVICE_BYTES = ("total", "capacity", "charged", "observed", "foreign")
_LEASE_BYTES = ("resident", "working", "load_extra", "context")


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
            yield _lease_bytes(self._snapshot)
            yield _observed_bytes(self._snapshot)
            yield _loads(self._snapshot)
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
    states = Counter(arbiter_pb2.LeaseState.Name(lease.state) for lease in _true_leases(snapshot))
    for state, count in states.items():
        family.add_metric((state.removeprefix("LEASE_STATE_").lower(),), count)
    return family


def _lease_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    help_text = (
        "What leases may hold on a device; working bytes while they compute, extra ones while they load."
    )
    labels = ("service", "holder", "device", "kind")
    family = GaugeMetricFamily("limner_lease_bytes", help_text, labels=labels)
    # A holder has two leases while the bytes of a dead worker come back.
    sums = Counter[tuple[str, str, str, str]]()
    for lease in _true_leases(snapshot):
        for charge in lease.charges:
            for kind in _LEASE_BYTES:
                sums[lease.service, lease.holder, charge.device, kind] += getattr(charge, f"{kind}_bytes")
    for key, total_bytes in sums.items():
        family.add_metric(key, total_bytes)
    return family


def _observed_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    help_text = "What the worker of a lease was seen to hold."
    family = GaugeMetricFamily("limner_lease_observed_bytes", help_text, labels=("service", "holder"))
    sums = Counter[tuple[str, str]]()
    for lease in _true_leases(snapshot):
        sums[lease.service, lease.holder] += lease.observed_bytes
    for key, total_bytes in sums.items():
        family.add_metric(key, total_bytes)
    return family


def _loads(snapshot: arbiter_pb2.SnapshotResponse) -> Metric:
    help_text = "Models loaded since the arbiter's start; with several that take turns, each is a swap."
    family = CounterMetricFamily("limner_model_loads", help_text, labels=("service",))
    for service, count in sorted(snapshot.loads.items()):
        family.add_metric((service,), count)
    return family


def _true_leases(snapshot: arbiter_pb2.SnapshotResponse) -> list[arbiter_pb2.Lease]:
    """Returns the leases without those of readiness checks, which hold nothing."""
    return [lease for lease in snapshot.leases if lease.profile != PROFILE]


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
