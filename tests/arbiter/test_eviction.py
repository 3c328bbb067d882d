"""Which idle models leave: the cheapest exact cover, and close to what a clairvoyant would do."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import combinations
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.arbiter.eviction import Candidate, cheapest_cover
from services.arbiter.habits import Habits

CAPACITY_BYTES = 15
BYTES = (5, 4, 9, 2, 9, 3)
RELOAD_S = (6.0, 4.0, 12.0, 1.0, 12.0, 2.0)
REQUESTS = 150
ZIPF = tuple(1 / (rank + 1) for rank in range(6))


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    sizes = draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 9)), min_size=1, max_size=7))
    return [Candidate(token, float(cost), size, float(token)) for token, (size, cost) in enumerate(sizes)]


@settings(max_examples=300, deadline=None)
@given(candidates(), st.integers(1, 60))
def test_the_cover_is_the_cheapest_of_all_that_suffice(those: list[Candidate], shortfall: int) -> None:
    def suffices(tokens: set[int]) -> bool:
        return sum(c.bytes for c in those if c.token in tokens) >= shortfall

    subsets = [c for n in range(len(those) + 1) for c in combinations(those, n)]
    covers = [c for c in subsets if suffices({x.token for x in c})]
    cover = cheapest_cover(those, shortfall, suffices)
    if not covers:
        assert cover is None
    else:
        assert cover is not None
        assert suffices(set(cover))
        assert sum(those[token].cost for token in cover) == min(sum(c.cost for c in x) for x in covers)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=13, max_size=20), st.integers(1, 100))
def test_many_candidates_are_covered_without_superfluous_ones(sizes: list[int], shortfall: int) -> None:
    those = [Candidate(token, 1.0, size, float(token)) for token, size in enumerate(sizes)]

    def suffices(tokens: set[int]) -> bool:
        return sum(sizes[token] for token in tokens) >= shortfall

    cover = cheapest_cover(those, shortfall, suffices)
    if sum(sizes) < shortfall:
        assert cover is None
    else:
        assert cover is not None
        assert suffices(set(cover))
        assert not any(suffices(set(cover) - {token}) for token in cover)


def zipf(rng: random.Random) -> list[int]:
    return rng.choices(range(6), ZIPF, k=REQUESTS)


def sessions(rng: random.Random) -> list[int]:
    wishes: list[int] = []
    while len(wishes) < REQUESTS:
        wishes += [rng.randrange(6)] * rng.randint(1, 3) + rng.sample(range(6), 2) * rng.randint(2, 5)
    return wishes[:REQUESTS]


def scan(rng: random.Random) -> list[int]:
    first = rng.randrange(6)
    return [(first + n) % 6 for n in range(REQUESTS)]


def optimum_s(wishes: Sequence[int]) -> float:
    """The smallest total reload time, by exact search over every set of models that may stay."""
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    for wish in wishes:
        following: dict[frozenset[int], float] = {}
        for resident, cost in best.items():
            paid = cost if wish in resident else cost + RELOAD_S[wish]
            for kept in kept_with(resident, wish):
                following[kept] = min(paid, following.get(kept, float("inf")))
        best = following
    return min(best.values())


def kept_with(resident: frozenset[int], wish: int) -> list[frozenset[int]]:
    """Every set that may be resident after a request."""
    if wish in resident:
        return [resident]
    others = [c for n in range(len(resident) + 1) for c in combinations(sorted(resident), n)]
    return [frozenset({*c, wish}) for c in others if sum(BYTES[m] for m in c) + BYTES[wish] <= CAPACITY_BYTES]


def least_recently_used_s(wishes: Sequence[int]) -> float:
    """What the usual rule pays."""
    total_s, resident = 0.0, dict[int, int]()
    for number, wish in enumerate(wishes):
        if wish not in resident:
            total_s += RELOAD_S[wish]
            while sum(BYTES[m] for m in resident) + BYTES[wish] > CAPACITY_BYTES:
                del resident[min(resident, key=lambda m: resident[m])]
        resident[wish] = number
    return total_s


def reload_s(wishes: Sequence[int]) -> float:
    """What the production rule pays."""
    habits, total_s = Habits(), 0.0
    resident: dict[int, float] = {}
    for number, wish in enumerate(wishes):
        if wish not in resident:
            total_s += RELOAD_S[wish]
            shortfall = sum(BYTES[m] for m in resident) + BYTES[wish] - CAPACITY_BYTES
            for token in _victims(resident, shortfall, habits):
                del resident[token]
        resident[wish] = number
        habits.used(str(wish))
    return total_s


def _victims(resident: dict[int, float], shortfall: int, habits: Habits) -> tuple[int, ...]:
    if shortfall <= 0:
        return ()
    those = [
        Candidate(m, habits.pull(str(m)) * RELOAD_S[m], BYTES[m], used_s) for m, used_s in resident.items()
    ]
    cover = cheapest_cover(those, shortfall, lambda gone: sum(BYTES[m] for m in gone) >= shortfall)
    assert cover is not None
    return cover


Kind = Callable[[random.Random], list[int]]
KINDS: tuple[Kind, ...] = (zipf, sessions, scan)


def requests(kind: Kind, seeds: int) -> list[list[int]]:
    """The same requests every time."""
    return [kind(random.Random(f"{kind.__name__} {seed}")) for seed in range(seeds)]


@pytest.mark.parametrize("kind", KINDS)
def test_eviction_costs_no_more_than_least_recently_used_does(kind: Kind) -> None:
    wishes = requests(kind, 4)
    optima = [optimum_s(w) for w in wishes]
    ours = mean(reload_s(w) / best for w, best in zip(wishes, optima, strict=True))
    usual = mean(least_recently_used_s(w) / best for w, best in zip(wishes, optima, strict=True))
    assert ours <= usual
    assert ours <= 1.25
