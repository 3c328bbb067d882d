"""What experience says about each profile: how long it loads and runs, and how soon it is wanted again."""

from __future__ import annotations

from dataclasses import dataclass, field

KEPT_HABITS = 64  # Profiles remembered; the one unused for longest is forgotten.
_WEIGHT = 0.5  # Of the newest measurement.
_USES_DECAY = 0.5 ** (1 / 60)  # A use counts half after sixty more.
_RETURNS_DECAY = 0.5 ** (1 / 15)  # A habit of returning changes with whoever works at the moment.


@dataclass(slots=True)
class _Habit:
    load_s: float | None = None
    run_s: float | None = None
    uses: float = 0.0  # Decayed, as of the use number `counted`.
    counted: int = 0


@dataclass(slots=True)
class Habits:
    """Learnt figures by profile.

    How soon a profile is wanted again is its share of all uses, times how much more often than by chance
    somebody returns to what was used as recently as it was: two who alternate are told from many who take
    turns. Either alone is worse on one of the traces of tests/arbiter/test_eviction.py.
    """

    # The most recently used last.
    _by_profile: dict[str, _Habit] = field(default_factory=dict[str, _Habit])
    _number: int = 0  # Of the newest use.
    _uses: float = 0.0  # Decayed, of all profiles.
    # By the number of other profiles used since.
    _returns: list[float] = field(default_factory=list[float])

    def loaded(self, profile: str, load_s: float) -> None:
        """Learns from a load."""
        habit = self._known(profile)
        habit.load_s = _mix(habit.load_s, load_s)

    def ran(self, profile: str, run_s: float) -> None:
        """Learns from a job."""
        habit = self._known(profile)
        habit.run_s = _mix(habit.run_s, run_s)

    def used(self, profile: str) -> None:
        """Counts a use."""
        habit = self._known(profile)
        others = self._others_since(profile)
        if others and habit.uses:
            self._returns = [count * _RETURNS_DECAY for count in self._returns]
            self._returns += [0.0] * (others + 1 - len(self._returns))
            self._returns[others] += 1.0
        self._number, self._uses = self._number + 1, self._uses * _USES_DECAY + 1.0
        habit.uses, habit.counted = self._decayed(habit) + 1.0, self._number
        self._by_profile[profile] = self._by_profile.pop(profile)

    def load_s(self, profile: str) -> float | None:
        """How long it takes to load, if it ever did."""
        habit = self._by_profile.get(profile)
        return habit.load_s if habit else None

    def run_s(self, profile: str) -> float | None:
        """How long its jobs take, if there was any."""
        habit = self._by_profile.get(profile)
        return habit.run_s if habit else None

    def pull(self, profile: str) -> float:
        """How likely it is to be wanted soon, from 0, never used, to 1; only ratios have a meaning."""
        habit = self._by_profile.get(profile)
        if habit is None or not habit.uses:
            return 0.0
        # Whatever comes next is used before it.
        others = self._others_since(profile) + 1
        returns = self._returns[others] if others < len(self._returns) else 0.0
        chance = 1.0 / len(self._by_profile)
        return self._decayed(habit) / self._uses * (returns + chance) / (sum(self._returns) + 1.0)

    def _known(self, profile: str) -> _Habit:
        habit = self._by_profile.get(profile)
        if habit is None:
            if len(self._by_profile) >= KEPT_HABITS:
                del self._by_profile[next(iter(self._by_profile))]
            habit = self._by_profile[profile] = _Habit()
        return habit

    def _others_since(self, profile: str) -> int:
        return next(n for n, other in enumerate(reversed(self._by_profile)) if other == profile)

    def _decayed(self, habit: _Habit) -> float:
        return habit.uses * _USES_DECAY ** (self._number - habit.counted)


def _mix(old: float | None, new: float) -> float:
    return new if old is None else old + _WEIGHT * (new - old)
