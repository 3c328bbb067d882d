"""What a profile really needs, learnt from measured peaks. Pure: exact integers, time is an argument.

Two quantities are learnt for every profile on every device: what rests there once the weights are loaded, and
the most that a job ever held in total. The working charge is their difference, so that memory which a worker
keeps for its next job is never counted twice. Contexts are charged apart and are in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from services.arbiter.demands import ANY_DEVICE, HOST_POOLS, Alternative, Charge
from services.arbiter.ledger import Device

KEPT_SAMPLES = 64
_LAST_SAMPLES = 16  # None of these may be exceeded; of the older ones a single outlier is forgiven.
_PERCENTILE = 99
_MARGIN_PERCENT = 5
_MARGIN_BYTES = 128 * 1024 * 1024
_SHRINK_PERCENT = 2
_SHRINK_RUNS = 200
_OOM_GROWTH_PERCENT = 125
_OOM_REQUEST_PERCENT = 105
_OOM_KEPT_S = 7 * 24 * 3600
_LONGEST_PROFILE = 256  # Characters; profiles are named by holders.
KEPT_PROFILES = 1024


@dataclass(frozen=True, slots=True)
class Track:
    """One learnt quantity: its last measurements, newest last, and the charge that follows from them."""

    samples: tuple[int, ...] = ()
    charge_bytes: int = 0
    clean_runs: int = 0  # Since the charge last changed or memory ran out.

    def add(self, measured_bytes: int) -> Track:
        """Returns the track after one more run; the charge grows at once and shrinks slowly."""
        samples = (*self.samples, measured_bytes)[-KEPT_SAMPLES:]
        wanted_bytes = _with_margin(max(max(samples[-_LAST_SAMPLES:]), _percentile(samples)))
        if wanted_bytes > self.charge_bytes:
            return Track(samples, wanted_bytes)
        runs = self.clean_runs + 1
        if runs < _SHRINK_RUNS:
            return Track(samples, self.charge_bytes, runs)
        return Track(
            samples, max(wanted_bytes, self.charge_bytes - self.charge_bytes * _SHRINK_PERCENT // 100)
        )


@dataclass(frozen=True, slots=True)
class Floor:
    """What an out-of-memory error taught, until it expires."""

    bytes: int = 0
    expires_s: int = 0

    def at(self, now_s: float) -> int:
        """Returns the least charge at this time; 0 when nothing is demanded."""
        return self.bytes if now_s < self.expires_s else 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of one profile on one device; contexts are not in it."""

    resting: Track = field(default_factory=Track)
    peak: Track = field(default_factory=Track)
    load_floor: Floor = field(default_factory=Floor)
    peak_floor: Floor = field(default_factory=Floor)

    @property
    def charges(self) -> tuple[int, int, Floor, Floor]:
        """Everything that a demand is corrected by."""
        return self.resting.charge_bytes, self.peak.charge_bytes, self.load_floor, self.peak_floor


Place = tuple[str, str]  # profile, device


class Sizing:
    """Learns what profiles need and corrects what is asked for them. `revision` grows with every change."""

    def __init__(self, usages: Mapping[Place, Usage] | None = None) -> None:
        self.usages: dict[Place, Usage] = dict(usages or {})
        self.revision = 0
        self._moved: set[str] = set()

    def sized(self, alternative: Alternative, devices: Mapping[str, Device], now_s: float) -> Alternative:
        """Returns `alternative` with learnt charges instead of priors, where something was learnt.

        One charge is corrected, never a gang: a worker reports one figure, which says nothing of its parts. A
        charge for any device takes the largest of what was learnt on those there are.
        """
        real = [charge for charge in alternative.charges if charge.device not in HOST_POOLS]
        if len(real) != 1 or real[0].peak_bytes == 0:
            return alternative
        (asked,) = real
        ids = [id for id in devices if id not in HOST_POOLS] if asked.device == ANY_DEVICE else [asked.device]
        learnt = [
            _correct(asked, usage, devices[id].limit_bytes, now_s)
            for id in ids
            if id in devices and (usage := self.usages.get((alternative.profile, id))) is not None
        ]
        if not learnt:
            return alternative
        largest = max(learnt, key=lambda charge: charge.peak_bytes)
        return replace(alternative, charges=tuple(largest if c is asked else c for c in alternative.charges))

    def rested(self, place: Place, resident_bytes: int) -> None:
        """Learns what was held without computing."""
        usage = self.usages.get(place, Usage())
        self._learn(place, replace(usage, resting=usage.resting.add(resident_bytes)))

    def peaked(self, place: Place, peak_bytes: int) -> None:
        """Learns the most that one job held, weights included."""
        usage = self.usages.get(place, Usage())
        self._learn(place, replace(usage, peak=usage.peak.add(peak_bytes)))

    def ran_out(self, place: Place, least_bytes: int, now_s: float, *, while_loading: bool) -> None:
        """Demands at least so many bytes from now on, for a week or until the profile's revision changes."""
        usage = self.usages.get(place, Usage())
        before = usage.load_floor if while_loading else usage.peak_floor
        floor = Floor(max(least_bytes, before.at(now_s)), int(now_s) + _OOM_KEPT_S)
        usage = replace(
            usage,
            resting=replace(usage.resting, clean_runs=0),
            peak=replace(usage.peak, clean_runs=0),
        )
        changed = replace(usage, load_floor=floor) if while_loading else replace(usage, peak_floor=floor)
        self._learn(place, changed)

    def take_moved(self) -> set[str]:
        """Returns the profiles whose charges have changed since the last time."""
        moved, self._moved = self._moved, set()
        return moved

    def _learn(self, place: Place, usage: Usage) -> None:
        if not place[0] or len(place[0]) > _LONGEST_PROFILE:
            return
        # Taken out first, so that the one unused for longest is in front.
        before = self.usages.pop(place, Usage())
        self.usages[place] = usage
        if usage.charges != before.charges:
            self._moved.add(place[0])
        if len(self.usages) > KEPT_PROFILES:
            del self.usages[next(iter(self.usages))]
        self.revision += 1


def after_running_out(charged_bytes: int, peak_bytes: int, requested_bytes: int, limit_bytes: int) -> int:
    """Returns what to charge after memory ran out.

    At first never more than the device has: the job gets the device to itself. Whoever had that and still ran
    out needs more than there is, which makes this tier impossible and the next one the choice.
    """
    by_growth = charged_bytes * _OOM_GROWTH_PERCENT // 100
    by_request = peak_bytes + _percent(requested_bytes, _OOM_REQUEST_PERCENT)
    grown = max(by_growth, by_request)
    return limit_bytes if charged_bytes < limit_bytes < grown else grown


def _correct(asked: Charge, usage: Usage, limit_bytes: int, now_s: float) -> Charge:
    """A margin never makes impossible what was seen to fit: learnt charges end at the device's limit."""
    room_bytes = max(0, limit_bytes - asked.context_bytes)
    resident_bytes = asked.resident_bytes
    if usage.resting.samples:
        resident_bytes = min(usage.resting.charge_bytes, max(0, room_bytes - asked.load_extra_bytes))
    if usage.peak.samples:
        total_bytes = min(usage.peak.charge_bytes, room_bytes)
    else:
        asked_bytes = asked.resident_bytes + asked.working_bytes
        total_bytes = min(resident_bytes + asked.working_bytes, max(room_bytes, asked_bytes))
    total_bytes = max(resident_bytes, total_bytes, usage.peak_floor.at(now_s))
    loading_bytes = max(resident_bytes + asked.load_extra_bytes, usage.load_floor.at(now_s))
    return replace(
        asked,
        resident_bytes=resident_bytes,
        working_bytes=total_bytes - resident_bytes,
        load_extra_bytes=loading_bytes - resident_bytes,
    )


def _with_margin(measured_bytes: int) -> int:
    return _percent(measured_bytes, 100 + _MARGIN_PERCENT) + _MARGIN_BYTES


def _percentile(samples: Iterable[int]) -> int:
    ranked = sorted(samples)
    return ranked[_PERCENTILE * (len(ranked) - 1) // 100]


def _percent(amount_bytes: int, percent: int) -> int:
    """Rounds up: a byte too few is one too few."""
    return -(-amount_bytes * percent // 100)
