"""What experience says about each profile: how long it loads and runs, and how often it is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field

# What was wanted a moment ago is wanted again, and what is wanted all day will be: the mean of both rates
# beats either alone, and the least recently used, on the traces of tests/arbiter/test_eviction.py.
_SHORT_S = 30.0  # Half-lives of a use.
_LONG_S = 1200.0
_WEIGHT = 0.5  # Of the newest measurement.
_LN_2 = 0.6931471805599453


@dataclass(slots=True)
class _Habit:
    load_s: float | None = None
    run_s: float | None = None
    recent_uses: float = 0.0
    all_uses: float = 0.0
    counted_s: float = 0.0


@dataclass(slots=True)
class Habits:
    """Learnt figures by profile; times are arguments."""

    _by_profile: dict[str, _Habit] = field(default_factory=dict[str, _Habit])

    def loaded(self, profile: str, load_s: float) -> None:
        """Learns from a load."""
        habit = self._by_profile.setdefault(profile, _Habit())
        habit.load_s = _mix(habit.load_s, load_s)

    def ran(self, profile: str, run_s: float) -> None:
        """Learns from a job."""
        habit = self._by_profile.setdefault(profile, _Habit())
        habit.run_s = _mix(habit.run_s, run_s)

    def used(self, profile: str, now_s: float) -> None:
        """Counts a use."""
        habit = self._by_profile.setdefault(profile, _Habit())
        idle_s = now_s - habit.counted_s
        habit.recent_uses = habit.recent_uses * 0.5 ** (idle_s / _SHORT_S) + 1.0
        habit.all_uses = habit.all_uses * 0.5 ** (idle_s / _LONG_S) + 1.0
        habit.counted_s = now_s

    def load_s(self, profile: str) -> float | None:
        """How long it takes to load, if it ever did."""
        habit = self._by_profile.get(profile)
        return habit.load_s if habit else None

    def run_s(self, profile: str) -> float | None:
        """How long its jobs take, if there was any."""
        habit = self._by_profile.get(profile)
        return habit.run_s if habit else None

    def rate(self, profile: str, now_s: float) -> float:
        """How often it is used, per second, of late."""
        habit = self._by_profile.get(profile)
        if habit is None:
            return 0.0
        idle_s = now_s - habit.counted_s
        recent = habit.recent_uses * 0.5 ** (idle_s / _SHORT_S) / _SHORT_S
        lasting = habit.all_uses * 0.5 ** (idle_s / _LONG_S) / _LONG_S
        return _LN_2 * (recent + lasting) / 2


def _mix(old: float | None, new: float) -> float:
    return new if old is None else old + _WEIGHT * (new - old)
