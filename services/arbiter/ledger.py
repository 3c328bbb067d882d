"""Who holds which bytes, and the law that their sum never exceeds a capacity. Pure, exact integers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from services.arbiter.demands import ANY_DEVICE, CPU, HOST_POOLS, PAGEABLE, PINNED, Charge
from services.arbiter.leases import Key, Lease, State

_NONE: frozenset[int] = frozenset()


class OverCommitted(Exception):
    """A grant would break the charge law; the ledger is unchanged."""


@dataclass(frozen=True, slots=True)
class Device:
    """A card, or a budget of host memory that is charged like one."""

    id: str
    name: str
    total_bytes: int
    limit_bytes: int  # What could be granted if nobody else used the device.
    foreign_bytes: int = 0
    observed_bytes: int = 0
    draining: bool = False
    health: str = "ok"
    # Host memory is back when the process is gone; a driver may take its time.
    frees_at_death: bool = True
    margin_bytes: int = 0  # Kept back of the total; doubled while nobody can look.
    is_stale: bool = False

    @property
    def capacity_bytes(self) -> int:
        """What can be granted now."""
        doubt_bytes = self.margin_bytes if self.is_stale else 0
        return max(0, self.limit_bytes - self.foreign_bytes - doubt_bytes)


class Ledger:
    """All leases and the bytes they hold; nothing here waits, decides or forgets by itself."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self.devices: dict[str, Device] = {device.id: device for device in devices}
        self.leases: dict[int, Lease] = {}
        self.version = 0  # Grows with every change of a lease.
        self._on: dict[str, dict[int, Lease]] = {id: {} for id in self.devices}
        self._charged: dict[str, int] = dict.fromkeys(self.devices, 0)

    def put(self, lease: Lease) -> None:
        """Enters or replaces a lease without asking the law: for what frees bytes, and for what is so."""
        self.version += 1
        before = self.leases.get(lease.token)
        self.leases[lease.token] = lease
        for device in lease.devices():
            self._on.setdefault(device, {})[lease.token] = lease
            self._settle(device)
        for device in before.devices() - lease.devices() if before else ():
            del self._on[device][lease.token]
            self._settle(device)

    def grant(self, lease: Lease) -> None:
        """Enters or replaces a lease that holds more than before; raises OverCommitted, changing nothing."""
        before = self.leases.get(lease.token)
        self.put(lease)
        broken = [id for id in lease.devices() if self._charged[id] > self.capacity_bytes(id)]
        if not broken:
            return
        if before is None:
            self.drop(lease.token)
        else:
            self.put(before)
        raise OverCommitted(f"Lease {lease.token} does not fit {', '.join(sorted(broken))}.")

    def drop(self, token: int) -> Lease:
        """Takes a lease out and returns it."""
        self.version += 1
        lease = self.leases.pop(token)
        for device in lease.devices():
            del self._on[device][token]
            self._settle(device)
        return lease

    def charged_bytes(self, device: str) -> int:
        """The bytes that all leases hold on `device`, each worker's context counted once."""
        return self._charged.get(device, 0)

    def capacity_bytes(self, device: str) -> int:
        """What can be granted on `device` now; 0 when there is no such device."""
        known = self.devices.get(device)
        return known.capacity_bytes if known else 0

    def free_bytes(self, device: str) -> int:
        """What is neither held nor foreign; negative while others use more than their share."""
        return self.capacity_bytes(device) - self.charged_bytes(device)

    def grantable(self) -> tuple[str, ...]:
        """The devices on which leases may be."""
        return tuple(id for id in self.devices if id not in HOST_POOLS)

    def most_free_bytes(self) -> int:
        """What is free on the device that has most."""
        return max((self.free_bytes(id) for id in self.devices), default=0)

    def on(self, device: str) -> Collection[Lease]:
        """The leases charged on `device`."""
        return self._on.get(device, {}).values()

    def held_by(self, key: Key) -> list[Lease]:
        """The leases of one worker, oldest first."""
        return [lease for lease in self.leases.values() if lease.key == key]

    def fits_law(self, charges: Sequence[Charge], key: Key, gone: Collection[int] = _NONE) -> bool:
        """Tells whether loading `charges` keeps the law once the leases `gone` have left."""
        return all(self._law_shortfall(id, charges, key, gone) <= 0 for id in _devices(charges))

    def fits(self, charges: Sequence[Charge], key: Key, gone: Collection[int] = _NONE) -> bool:
        """Tells whether `charges` may be loaded and every lease could still compute in its turn.

        Stricter than the law: a second model whose weights fit but whose activations would not is kept out.
        """
        return self.fits_law(charges, key, gone) and all(
            self._turn_shortfall(id, charges, key, gone) <= 0 for id in _devices(charges)
        )

    def shortfall_bytes(self, charges: Sequence[Charge], key: Key, gone: Collection[int]) -> int:
        """Returns how many bytes at least must leave before `charges` keep the law."""
        return sum(max(0, self._law_shortfall(id, charges, key, gone)) for id in _devices(charges))

    def could_ever_fit(self, charges: Sequence[Charge]) -> bool:
        """Tells whether `charges` would fit machines of this size if nothing else ran."""
        empty = Ledger(
            replace(d, foreign_bytes=0, draining=False, is_stale=False) for d in self.devices.values()
        )
        return any(empty.fits(placed, _NOBODY) for placed in empty.placements(charges))

    def lacking_bytes(self, charges: Sequence[Charge], key: Key, gone: Collection[int] = _NONE) -> int:
        """Returns how many resident bytes less would make `charges` fit; 0 when they do."""
        return max(
            0,
            *(self._law_shortfall(id, charges, key, gone) for id in _devices(charges)),
            *(self._turn_shortfall(id, charges, key, gone) for id in _devices(charges)),
        )

    def placements(self, charges: Sequence[Charge]) -> list[tuple[Charge, ...]]:
        """The ways to put `charges` on real devices, roomiest first; charges without bytes vanish."""
        real = [self._at_home(charge) for charge in charges if charge.peak_bytes > 0]
        free_ids = [id for id in self._roomiest() if id not in {charge.device for charge in real}]
        homeless = [charge for charge in real if charge.device == ANY_DEVICE]
        if len(homeless) > len(free_ids):
            return []
        if not homeless:
            return [tuple(real)] if all(self._is_open(charge.device) for charge in real) else []
        turns = range(len(free_ids) if len(homeless) == 1 else 1)
        return [self._settled(real, free_ids[turn:]) for turn in turns]

    def has_load_slot(self, charges: Sequence[Charge]) -> bool:
        """Tells whether nobody else loads on these devices: only then do before and after mean something."""
        return not any(
            lease.state in {State.OFFERED, State.LOADING}
            for id in _devices(charges)
            if id not in HOST_POOLS or id == PINNED
            for lease in self.on(id)
        )

    def has_compute_slot(self, lease: Lease) -> bool:
        """Tells whether nobody computes on the lease's devices."""
        return not any(other.is_computing for id in lease.devices() - HOST_POOLS for other in self.on(id))

    def _law_shortfall(self, id: str, charges: Sequence[Charge], key: Key, gone: Collection[int]) -> int:
        left = [lease for lease in self.on(id) if lease.token not in gone]
        held = sum(lease.bytes_on(id) for lease in left)
        ours = [charge for charge in charges if charge.device == id]
        wanted = sum(charge.resident_bytes + charge.load_extra_bytes for charge in ours)
        return held + wanted + _contexts(id, left, ours, key) - self.capacity_bytes(id)

    def _turn_shortfall(self, id: str, charges: Sequence[Charge], key: Key, gone: Collection[int]) -> int:
        left = [lease for lease in self.on(id) if lease.token not in gone]
        ours = [charge for charge in charges if charge.device == id]
        resident = sum(lease.resident_on(id) for lease in left) + sum(
            charge.resident_bytes for charge in ours
        )
        largest_turn = max([lease.extra_on(id) for lease in left] + [_extra(ours)])
        return resident + largest_turn + _contexts(id, left, ours, key) - self.capacity_bytes(id)

    def _settle(self, device: str) -> None:
        leases = self._on[device].values()
        self._charged[device] = sum(lease.bytes_on(device) for lease in leases) + _contexts(
            device, leases, (), None
        )

    def _at_home(self, charge: Charge) -> Charge:
        # Without a card the host's memory is the device, and one budget must not be granted twice.
        return charge.on(CPU) if charge.device == PAGEABLE and CPU in self.devices else charge

    def _is_open(self, id: str) -> bool:
        return id in self.devices and not self.devices[id].draining

    def _roomiest(self) -> list[str]:
        ids = [id for id, device in self.devices.items() if id not in HOST_POOLS and not device.draining]
        return sorted(ids, key=lambda id: self.charged_bytes(id) - self.capacity_bytes(id))

    @staticmethod
    def _settled(charges: Sequence[Charge], ids: Sequence[str]) -> tuple[Charge, ...]:
        remaining = iter(ids)
        return tuple(c.on(next(remaining)) if c.device == ANY_DEVICE else c for c in charges)


_NOBODY = Key("", "")


def _devices(charges: Iterable[Charge]) -> set[str]:
    return {charge.device for charge in charges}


def _extra(charges: Iterable[Charge]) -> int:
    return sum(max(charge.working_bytes, charge.load_extra_bytes) for charge in charges)


def _contexts(device: str, leases: Iterable[Lease], charges: Iterable[Charge], key: Key | None) -> int:
    """A process has one context per device, whatever it holds there."""
    largest: dict[Key, int] = {}
    for lease in leases:
        largest[lease.key] = max(largest.get(lease.key, 0), lease.context_on(device))
    for charge in charges:
        if key is not None:
            largest[key] = max(largest.get(key, 0), charge.context_bytes)
    return sum(largest.values())
