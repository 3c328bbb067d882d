"""The arbiters' books as Prometheus reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.machines import MachineBook
from gateway.readiness import PROFILE
from limner.arbiter.v1 import arbiter_pb2

_DEVICE_BYTES = ("total", "capacity", "charged", "observed", "foreign")
_LEASE_BYTES = ("resident", "working", "load_extra", "context")

# A value for each combination of the labels that a family has besides the machine.
Values = Mapping[tuple[str, ...], float]
Measure = Callable[[arbiter_pb2.SnapshotResponse], Values]


class Memory(Collector):
    """The books of all machines; the label `machine` is empty where nothing names it."""

    def __init__(self, books: Sequence[MachineBook]) -> None:
        self._books = books

    def collect(self) -> Iterator[Metric]:
        """Yields every family; of a machine without a snapshot only that its arbiter is down."""
        up = _gauge("limner_arbiter_up", "Whether the memory arbiter answers.")
        for book in self._books:
            up.add_metric((book.machine,), float(book.snapshot is not None))
        yield up
        snapshots = [(book.machine, book.snapshot) for book in self._books if book.snapshot is not None]
        for family, measure in _families():
            for machine, snapshot in snapshots:
                for labels, value in measure(snapshot).items():
                    family.add_metric((machine, *labels), value)
            if snapshots:
                yield family


def _families() -> Iterable[tuple[GaugeMetricFamily | CounterMetricFamily, Measure]]:
    yield _gauge("limner_device_bytes", "Memory of a device.", "device", "kind"), _device_bytes
    yield _gauge("limner_leases", "Leases by state.", "state"), _lease_states
    text = "What leases may hold on a device; working bytes while they compute, extra ones while they load."
    yield _gauge("limner_lease_bytes", text, "service", "holder", "device", "kind"), _lease_bytes
    text = "What the worker of a lease was seen to hold."
    yield _gauge("limner_lease_observed_bytes", text, "service", "holder"), _observed_bytes
    yield _gauge("limner_tickets_waiting", "Demands that wait for memory."), _tickets_waiting
    yield _gauge("limner_ticket_longest_wait_seconds", "The longest of their waits so far."), _longest_wait
    text = "Models loaded since the arbiter's start; with several that take turns, each is a swap."
    yield _counter("limner_model_loads", text, "service"), _loads
    text = "Decisions of the arbiter since its start."
    yield _counter("limner_arbiter_decisions", text, "decision"), _decisions


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=("machine", *labels))


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, labels=("machine", *labels))


def _device_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    return {
        (device.id, kind): getattr(device, f"{kind}_bytes")
        for device in snapshot.devices
        for kind in _DEVICE_BYTES
    }


def _lease_states(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    states = Counter(arbiter_pb2.LeaseState.Name(lease.state) for lease in _true_leases(snapshot))
    return {(state.removeprefix("LEASE_STATE_").lower(),): count for state, count in states.items()}


def _lease_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    # A holder has two leases while the bytes of a dead worker come back.
    sums = Counter[tuple[str, ...]]()
    for lease in _true_leases(snapshot):
        for charge in lease.charges:
            for kind in _LEASE_BYTES:
                sums[lease.service, lease.holder, charge.device, kind] += getattr(charge, f"{kind}_bytes")
    return sums


def _observed_bytes(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    sums = Counter[tuple[str, ...]]()
    for lease in _true_leases(snapshot):
        sums[lease.service, lease.holder] += lease.observed_bytes
    return sums


def _loads(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    return {(service,): count for service, count in sorted(snapshot.loads.items())}


def _tickets_waiting(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    return {(): len(snapshot.tickets)}


def _longest_wait(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    waits_s = [ticket.waited.ToTimedelta().total_seconds() for ticket in snapshot.tickets]
    return {(): max(waits_s, default=0.0)}


def _decisions(snapshot: arbiter_pb2.SnapshotResponse) -> Values:
    return {(name,): count for name, count in sorted(snapshot.decisions.items())}


def _true_leases(snapshot: arbiter_pb2.SnapshotResponse) -> list[arbiter_pb2.Lease]:
    """Returns the leases without those of readiness checks, which hold nothing."""
    return [lease for lease in snapshot.leases if lease.profile != PROFILE]
