"""Which replica takes a job."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from grpc import aio
from hypothesis import given
from hypothesis import strategies as st

from gateway.jobs.supply import Supply
from gateway.replicas import EDIT, T2I, Replica, Service, to_replica

MODELS = st.sampled_from([None, "a", "b"])


class Deaf:
    """A channel that is never used."""

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *_, **__: None


def replica(model: str | None = None, jobs: int = 0, service: Service = T2I) -> Replica:
    made = to_replica(service, "unix:/nowhere", cast("aio.Channel", Deaf()))
    made.warm_model, made.jobs = model, {str(number) for number in range(jobs)}
    return made


def supply(*replicas: Replica) -> Supply:
    made = Supply()
    made.refresh(replicas)
    return made


def test_who_has_the_model_comes_before_who_has_none_and_that_one_before_who_has_another() -> None:
    other, cold, warm = replica("b"), replica(), replica("a")
    assert supply(other, cold, warm).best("t2i", "a") is warm
    assert supply(other, cold).best("t2i", "a") is cold
    assert supply(other).best("t2i", "a") is other


def test_who_has_nothing_to_do_comes_before_who_is_busy_with_the_model() -> None:
    idle, busy = replica("b"), replica("a", jobs=1)
    assert supply(busy, idle).best("t2i", "a") is idle
    assert supply(busy).best("t2i", "a") is busy


def test_nobody_takes_what_another_service_does_or_more_than_it_may() -> None:
    assert supply(replica(service=EDIT), replica(jobs=Replica.SLOTS)).best("t2i", None) is None


def test_those_that_are_alike_take_turns() -> None:
    first, second = replica(), replica()
    alike = supply(first, second)
    assert alike.best("t2i", None) is first
    alike.note(first)
    assert alike.best("t2i", None) is second


def test_who_leaves_or_rests_takes_nothing_until_it_is_noted_again() -> None:
    one = replica()
    alone = supply(one)
    one.obstacle = "it is down"
    alone.note(one)
    assert alone.best("t2i", None) is None
    one.obstacle = None
    alone.note(one)
    assert alone.best("t2i", None) is one
    one.is_leaving = True
    alone.note(one)
    assert alone.best("t2i", None) is None


def test_who_is_no_longer_there_is_forgotten() -> None:
    gone, here = replica("a"), replica()
    both = supply(gone, here)
    both.refresh([here])
    assert both.best("t2i", "a") is here


@given(st.lists(st.tuples(MODELS, st.integers(0, 2), st.booleans()), max_size=12), MODELS)
def test_the_choice_is_the_one_that_a_look_at_everybody_would_make(
    facts: list[tuple[str | None, int, bool]], model: str | None
) -> None:
    replicas: list[Replica] = []
    index = Supply()
    for warm, jobs, is_leaving in facts:
        one = replica()
        index.note(one)
        one.warm_model, one.jobs, one.is_leaving = warm, {str(each) for each in range(jobs)}, is_leaving
        index.note(one)
        replicas.append(one)
    found = index.best("t2i", model)

    def rank(one: Replica) -> tuple[int, int]:
        return len(one.jobs), 0 if one.warm_model == model else 1 if one.warm_model is None else 2

    free = [one for one in replicas if one.is_free]
    assert (found is None) == (not free)
    assert found is None or rank(found) == min(map(rank, free))
