"""Whom a measurement belongs to, and what follows from it for a lease and its profile. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from services.arbiter.demands import CPU, HOST_POOLS, Charge
from services.arbiter.leases import Key, Lease, State
from services.arbiter.ledger import Ledger
from services.arbiter.sizing import Place, Sizing, after_running_out

_OVERUSE_PERCENT = 103
_OVERUSE_SAMPLES = 2  # One alone may be memory that is just being given back.
_CONTEXT_DOUBT_BYTES = 512 * 1024 * 1024  # How far the context that a load brings to a card may be off.


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a device held when it was last looked at, and which leases made that up."""

    observed_bytes: int
    leases: frozenset[Lease]


@dataclass(frozen=True, slots=True)
class _Load:
    """A load of which the bytes before are known."""

    before: _Scene
    loaded: Lease | None = None
    looks: int = 0  # Since it was loaded.


@dataclass(slots=True)
class Measures:
    """Gives every measured byte to the one lease it can belong to, or to none.

    On the host a worker's word counts, since anybody can measure a process. On a card it counts once the
    device's witness has seen a load of that worker and agreed; before, and without one, priors stay.
    """

    sizing: Sizing = field(default_factory=Sizing)
    _scenes: dict[str, _Scene] = field(default_factory=dict[str, _Scene])
    _loads: dict[int, _Load] = field(default_factory=dict[int, _Load])
    _believed: set[Key] = field(default_factory=set[Key])
    _overuses: dict[tuple[int, State], int] = field(default_factory=dict[tuple[int, State], int])

    def confirmed(self, lease: Lease, ledger: Ledger) -> None:
        """Remembers what its device held before, if nothing has moved since the last look."""
        charge = _only_charge(lease)
        scene = self._scenes.get(charge.device) if charge else None
        if charge and scene and scene.leases == _others(lease, ledger):
            self._loads[lease.token] = _Load(scene)

    def loaded(self, lease: Lease, observed_bytes: int, ledger: Ledger) -> None:
        """Learns what a lease holds at rest; the next looks may correct it."""
        if load := self._loads.get(lease.token):
            self._loads[lease.token] = replace(load, loaded=_bare(lease))
        held_bytes = _held_bytes(lease, observed_bytes, ledger)
        if held_bytes is not None and lease.charges[0].device == CPU:
            self.sizing.rested(_place(lease), held_bytes)

    def ended(self, lease: Lease, peak_bytes: int, ledger: Ledger) -> None:
        """Learns from a job's peak, unless the job was sized by itself and not by its profile."""
        held_bytes = _held_bytes(lease, peak_bytes, ledger)
        if held_bytes is None or lease.charges[0].working_bytes != lease.working_bytes:
            return
        if lease.charges[0].device == CPU or lease.key in self._believed:
            self.sizing.peaked(_place(lease), held_bytes)

    def ran_out(
        self, lease: Lease, peak_bytes: int, requested_bytes: int, ledger: Ledger, now_s: float
    ) -> None:
        """Learns that a grant was too small."""
        charge = _only_charge(lease)
        device = ledger.devices.get(charge.device) if charge else None
        if charge is None or device is None:
            return
        least_bytes = after_running_out(
            lease.bytes_on(charge.device),
            min(_without_context(charge, peak_bytes), device.total_bytes),
            min(max(0, requested_bytes), device.total_bytes),
            max(0, device.limit_bytes - charge.context_bytes),
        )
        is_loading = lease.state is State.LOADING
        self.sizing.ran_out(_place(lease), least_bytes, now_s, while_loading=is_loading)

    def watched(self, lease: Lease, observed_bytes: int, ledger: Ledger) -> Lease | None:
        """Returns the lease charged with what it was seen to hold, once that is beyond its grant for good."""
        held_bytes = _held_bytes(lease, observed_bytes, ledger)
        if held_bytes is None or lease.state not in {State.RESIDENT, State.ACTIVE}:
            return None
        key = (lease.token, lease.state)
        if held_bytes * 100 <= lease.bytes_on(lease.charges[0].device) * _OVERUSE_PERCENT:
            self._overuses.pop(key, None)
            return None
        self._overuses[key] = self._overuses.get(key, 0) + 1
        if self._overuses[key] < _OVERUSE_SAMPLES:
            return None
        del self._overuses[key]
        # At most the whole device: what asked for more could never begin again.
        charge, device = lease.charges[0], ledger.devices[lease.charges[0].device]
        held_bytes = min(held_bytes, max(0, device.limit_bytes - charge.context_bytes))
        if lease.state is State.RESIDENT:
            self.sizing.rested(_place(lease), held_bytes)
            return _resting_at(lease, held_bytes)
        self.sizing.peaked(_place(lease), held_bytes)
        return _peaking_at(lease, held_bytes)

    def looked(self, ledger: Ledger) -> None:
        """Compares each load's before and after, where nothing else moved, with what its holder said."""
        for token, load in list(self._loads.items()):
            self._weigh(token, load, ledger)
        self._scenes = {
            id: _Scene(device.observed_bytes, frozenset(_bare(lease) for lease in ledger.on(id)))
            for id, device in ledger.devices.items()
            if device.observed_bytes > 0
        }
        self._overuses = {key: n for key, n in self._overuses.items() if key[0] in ledger.leases}
        self._believed &= {lease.key for lease in ledger.leases.values()}

    def _weigh(self, token: int, load: _Load, ledger: Ledger) -> None:
        lease = ledger.leases.get(token)
        if lease is not None and load.loaded is None:
            return
        # The first look may have begun before the load ended.
        if lease is not None and _bare(lease) == load.loaded and load.looks == 0:
            self._loads[token] = replace(load, looks=1)
            return
        del self._loads[token]
        if lease is None or _bare(lease) != load.loaded or load.before.leases != _others(lease, ledger):
            return
        (charge,) = lease.charges
        resident_bytes = ledger.devices[charge.device].observed_bytes - load.before.observed_bytes
        doubt_bytes = 0
        if charge.device != CPU:
            # Host memory held the worker's context before; to a card the load brought it along.
            resident_bytes, doubt_bytes = resident_bytes - charge.context_bytes, _CONTEXT_DOUBT_BYTES
        said_bytes = _without_context(charge, lease.observed_bytes)
        agrees = (resident_bytes - doubt_bytes) * 100 <= said_bytes * _OVERUSE_PERCENT
        if agrees:
            self._believed.add(lease.key)
        else:
            self._believed.discard(lease.key)
        if charge.device != CPU or not agrees:
            self.sizing.rested(_place(lease), max(resident_bytes, said_bytes))


def _only_charge(lease: Lease) -> Charge | None:
    """One figure can be given to one charge only."""
    return lease.charges[0] if len(lease.charges) == 1 and lease.charges[0].device not in HOST_POOLS else None


def _held_bytes(lease: Lease, observed_bytes: int, ledger: Ledger) -> int | None:
    """Returns a worker's figure without its context; None when it was not measured or has several owners."""
    charge = _only_charge(lease)
    device = ledger.devices.get(charge.device) if charge else None
    if charge is None or device is None or len(ledger.held_by(lease.key)) != 1:
        return None
    held_bytes = _without_context(charge, min(observed_bytes, device.total_bytes))
    return held_bytes if held_bytes > 0 else None


def _without_context(charge: Charge, observed_bytes: int) -> int:
    # A worker reports its whole process on the host, but on a card what its allocator has reserved.
    return max(0, observed_bytes - (charge.context_bytes if charge.device == CPU else 0))


def _resting_at(lease: Lease, held_bytes: int) -> Lease:
    """What a worker keeps for its next job is not needed twice: the peak stays what it was."""
    (charge,) = lease.charges
    working_bytes = max(0, charge.resident_bytes + lease.working_bytes - held_bytes)
    charges = (replace(charge, resident_bytes=held_bytes, working_bytes=working_bytes),)
    return replace(lease, charges=charges, working_bytes=working_bytes)


def _peaking_at(lease: Lease, held_bytes: int) -> Lease:
    working_bytes = held_bytes - lease.charges[0].resident_bytes
    return replace(lease.with_working(working_bytes), working_bytes=max(working_bytes, lease.working_bytes))


def _place(lease: Lease) -> Place:
    return lease.profile, lease.charges[0].device


def _bare(lease: Lease) -> Lease:
    """The lease as far as its memory is concerned: beats change what was observed, not what moved."""
    return replace(lease, observed_bytes=0)


def _others(lease: Lease, ledger: Ledger) -> frozenset[Lease]:
    return frozenset(
        _bare(other) for other in ledger.on(lease.charges[0].device) if other.token != lease.token
    )
