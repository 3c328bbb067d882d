"""How the number of replicas follows the load."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from limner.cluster.scaling import Load, Scaling, Tempo

TEMPO = Tempo(wait_s=30, cool_down_s=60, idle_s=300)
BUSY, PATIENT = Load(waiting=9, oldest_s=31), Load(waiting=9, oldest_s=29)


def test_one_comes_when_a_job_waits_too_long_and_none_before() -> None:
    scaling = Scaling(0, TEMPO)
    assert scaling.decide(1, 1, 4, PATIENT, 10) == 1
    assert scaling.decide(1, 1, 4, BUSY, 12) == 2


def test_the_next_comes_after_the_cool_down_and_the_most_is_never_passed() -> None:
    scaling = Scaling(0, TEMPO)
    assert scaling.decide(1, 1, 2, BUSY, 0) == 2
    assert scaling.decide(2, 1, 3, BUSY, 59) == 2
    assert scaling.decide(2, 1, 3, BUSY, 60) == 3
    assert scaling.decide(3, 1, 3, BUSY, 300) == 3


def test_a_large_service_grows_by_half_but_not_beyond_who_waits() -> None:
    assert Scaling(0, TEMPO).decide(40, 1, 100, Load(waiting=100, oldest_s=31), 0) == 60
    assert Scaling(0, TEMPO).decide(40, 1, 100, Load(waiting=3, oldest_s=31), 0) == 43


def test_one_goes_when_nobody_has_waited_for_long_and_the_least_stay() -> None:
    scaling = Scaling(0, TEMPO)
    assert scaling.decide(3, 1, 4, Load(), 299) == 3
    assert scaling.decide(3, 1, 4, Load(), 300) == 2
    assert scaling.decide(2, 1, 4, Load(), 359) == 2
    assert scaling.decide(2, 1, 4, Load(), 360) == 1
    assert scaling.decide(1, 1, 4, Load(), 900) == 1


def test_whoever_waits_keeps_all_that_there_are() -> None:
    scaling = Scaling(0, TEMPO)
    assert scaling.decide(3, 1, 4, Load(waiting=1, oldest_s=1), 290) == 3
    assert scaling.decide(3, 1, 4, Load(), 589) == 3
    assert scaling.decide(3, 1, 4, Load(), 590) == 2


@given(st.lists(st.tuples(st.floats(0, 200), st.integers(0, 50), st.floats(0, 500)), max_size=60))
def test_no_two_steps_are_closer_than_the_cool_down_and_all_stay_within_the_limits(
    history: list[tuple[float, int, float]],
) -> None:
    scaling, count, now_s, changes = Scaling(0, TEMPO), 2, 0.0, list[float]()
    for after_s, waiting, oldest_s in history:
        now_s += after_s
        load = Load(waiting, oldest_s if waiting else 0.0)
        new = scaling.decide(count, 1, 6, load, now_s)
        assert 1 <= new <= 6
        if new != count:
            changes.append(now_s)
        count = new
    assert all(later - earlier >= 60 for earlier, later in pairwise(changes))
