from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.models.entry import Mode
from limner.models.recipe import QUALITIES, Recipe, StepCache, estimate_seconds, pick

DRAFT = Recipe(Mode.DRAFT, 10, 1.0, 1.0)
NORMAL = Recipe(Mode.NORMAL, 20, 4.0, 2.0)
BEST = Recipe(Mode.BEST, 40, 4.0, 2.0, StepCache(4), relative_seconds=1.1)


def test_the_qualities_are_the_modes_of_the_catalogue() -> None:
    assert QUALITIES == ("draft", "normal", "best")


def test_a_request_that_names_no_quality_gets_normal() -> None:
    assert pick((DRAFT, NORMAL, BEST), "") == NORMAL
    assert pick((DRAFT, NORMAL, BEST), "best") == BEST


def test_short_schedules_are_computed_whole() -> None:
    assert StepCache(3).count(19) == 19
    assert StepCache(3).count(20) < 20


@given(st.integers(2, 6), st.integers(1, 10), st.integers(1, 5), st.integers(20, 100))
def test_the_ends_are_computed_and_every_gap_is_shorter_than_the_interval(
    interval: int, lead: int, tail: int, steps: int
) -> None:
    cache = StepCache(interval, lead=lead, tail=tail)
    computed = [step for step in range(steps) if cache.computes(step, steps)]
    assert computed[:lead] == list(range(lead))
    assert computed[-tail:] == list(range(steps - tail, steps))
    assert max(b - a for a, b in pairwise(computed)) <= cache.interval_at(steps)
    assert cache.count(steps) == len(computed)


def test_finer_steps_are_spared_more_often() -> None:
    assert [StepCache(3).interval_at(steps) for steps in (20, 40, 50, 100)] == [2, 3, 4, 5]


def test_seconds_are_those_measured_and_otherwise_follow_from_the_passes() -> None:
    recipes = (DRAFT, NORMAL, BEST)
    assert estimate_seconds(BEST, recipes) == 1.1
    # Half of the steps, and without guidance half of the passes of each.
    assert estimate_seconds(DRAFT, recipes) == pytest.approx(0.25)


def test_what_was_measured_with_spared_steps_does_not_hold_without() -> None:
    whole = BEST.without_sparing()
    assert (whole.cache, whole.relative_seconds, whole.computed_steps) == (None, None, 40)
