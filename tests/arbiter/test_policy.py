"""The queue discipline on recorded arrivals, against first come first served and the exact optimum."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

import pytest

from services.arbiter.batches import TimeLimitedBatches
from tests.arbiter.schedules import (
    FirstComeFirstServed,
    Outcome,
    Simulation,
    Trace,
    optimum_s,
    read_traces,
)

KINDS = ("interleave", "poisson", "sessions", "bursts", "hog")
SEEDS = 10  # The benchmark takes all hundred.


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both disciplines over the same traces."""

    traces: list[Trace]
    ours: list[Outcome]
    fifo: list[Outcome]


def compare(kind: str, seeds: int) -> Comparison:
    traces = read_traces(kind)[:seeds]
    ours = [Simulation(TimeLimitedBatches()).run(trace.jobs) for trace in traces]
    fifo = [Simulation(FirstComeFirstServed()).run(trace.jobs) for trace in traces]
    return Comparison(traces, ours, fifo)


@pytest.fixture(scope="module", params=KINDS)
def comparison(request: pytest.FixtureRequest) -> Comparison:
    return compare(request.param, SEEDS)


def test_every_kind_of_queue_is_served_close_to_its_optimum_and_within_its_promise(
    comparison: Comparison,
) -> None:
    pairs = list(zip(comparison.ours, comparison.traces, strict=True))
    assert mean(ours.makespan_s / trace.optimum_s for ours, trace in pairs) <= 1.15
    assert mean(max(o.waits_s) for o in comparison.ours) <= mean(max(o.waits_s) for o in comparison.fifo)
    assert max(ours.bound_ratio for ours in comparison.ours) <= 1.0


@pytest.mark.parametrize("kind", ["interleave", "sessions"])
def test_half_the_swaps_of_first_come_first_served_are_enough(kind: str) -> None:
    both = compare(kind, SEEDS)
    assert mean(o.swaps for o in both.ours) <= 0.5 * mean(o.swaps for o in both.fifo)


def test_the_recorded_optimum_is_the_optimum() -> None:
    for kind in KINDS:
        trace = read_traces(kind)[0]
        assert optimum_s(trace.jobs) == pytest.approx(trace.optimum_s, abs=0.1)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_all_hundred_seeds_are_served_close_to_their_optimum(kind: str) -> None:
    both = compare(kind, 100)
    pairs = zip(both.ours, both.traces, strict=True)
    ratios = sorted(ours.makespan_s / trace.optimum_s for ours, trace in pairs)
    assert mean(ratios) <= 1.15
    assert ratios[95] <= 1.20
