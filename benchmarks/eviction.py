"""What the eviction rule costs beside a clairvoyant, and beside the best that cannot see the future."""

from __future__ import annotations

import random
from collections.abc import Sequence
from statistics import mean

from benchmarks.table import Row
from tests.arbiter.test_eviction import (
    BYTES,
    KINDS,
    RELOAD_S,
    ZIPF,
    kept_with,
    least_recently_used_s,
    optimum_s,
    reload_s,
)

_SEEDS = 60
_DISCOUNT, _SWEEPS = 0.995, 400

Resident = frozenset[int]


def measure_eviction() -> list[Row]:
    """Returns the ratios on requests that no constant was chosen on."""
    rows: list[Row] = []
    for kind in KINDS:
        wishes = [kind(random.Random(f"held out {kind.__name__} {seed}")) for seed in range(_SEEDS)]
        optima = [optimum_s(w) for w in wishes]
        name = f"eviction {kind.__name__}"
        ours, usual = ([pay(w) / best for w, best in zip(wishes, optima, strict=True)]
                       for pay in (reload_s, least_recently_used_s))  # fmt: skip
        rows.append(Row(f"{name} ÷ clairvoyant", mean(ours), "≤ 1.10", mean(ours) <= 1.10))
        rows.append(Row(f"{name}: least recently used ÷ clairvoyant", mean(usual), "", True))
        if kind.__name__ == "zipf":
            values = _worth()
            blind = mean(_informed_s(w, values) / best for w, best in zip(wishes, optima, strict=True))
            rows.append(Row(f"{name}: knowing the odds, not the future ÷ clairvoyant", blind, "", True))
    return rows


def _worth() -> dict[Resident, float]:
    """Returns what is still to pay from each resident set, by value iteration over the true odds."""
    odds = [weight / sum(ZIPF) for weight in ZIPF]
    models = range(len(BYTES))
    after: dict[tuple[Resident, int], list[Resident]] = {}
    states, fresh = {Resident()}, [Resident()]
    while fresh:
        state = fresh.pop()
        for model in models:
            after[state, model] = kept_with(state, model)
            fresh += [kept for kept in after[state, model] if kept not in states]
            states.update(after[state, model])
    worth = dict.fromkeys(states, 0.0)
    for _ in range(_SWEEPS):
        worth = {
            state: sum(
                odds[m]
                * ((m not in state) * RELOAD_S[m] + _DISCOUNT * min(worth[k] for k in after[state, m]))
                for m in models
            )
            for state in states
        }
    return worth


def _informed_s(wishes: Sequence[int], worth: dict[Resident, float]) -> float:
    """What the best rule pays that knows how likely each request is."""
    total_s, state = 0.0, Resident()
    for wish in wishes:
        total_s += (wish not in state) * RELOAD_S[wish]
        state = min(kept_with(state, wish), key=lambda kept: worth[kept])
    return total_s
