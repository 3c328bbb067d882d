"""Which replica takes a job."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
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


_numbers = count()


def replica(service: Service = T2I, host: str = "") -> Replica:
    return to_replica(service, f"unix:/{next(_numbers)}", cast("aio.Channel", Deaf()), host)


def supply(*replicas: Replica) -> Supply:
    made = Supply()
    made.refresh(replicas)
    return made


def finish(made: Supply, one: Replica) -> None:
    one.jobs.clear()
    made.note(one)


def test_who_has_the_model_comes_before_who_has_none_and_that_one_before_who_has_another() -> None:
    other, cold, warm = replica(), replica(), replica()
    made = supply(other, cold, warm)
    for one, model in ((other, "b"), (warm, "a")):
        made.give(one, "job", model)
        finish(made, one)
    assert made.best("t2i", "a") is warm
    cold.is_leaving = True
    made.note(cold)
    assert made.best("t2i", "b") is other
    warm.is_leaving = True
    made.note(warm)
    assert made.best("t2i", "a") is other


def test_who_has_nothing_to_do_comes_before_who_is_busy_with_the_model() -> None:
    idle, busy = replica(), replica()
    made = supply(busy, idle)
    made.give(busy, "job", "a")
    assert made.best("t2i", "a") is idle
    made.give(idle, "other", "b")
    assert made.best("t2i", "a") is busy


def test_a_host_that_edits_is_no_place_to_paint_while_another_is_idle() -> None:
    painter, editor, elsewhere = replica(host="a"), replica(EDIT, host="a"), replica(host="b")
    made = supply(painter, editor, elsewhere)
    made.give(editor, "job", "e")
    assert made.best("t2i", "p") is elsewhere


def test_what_another_service_has_displaced_is_no_longer_warm() -> None:
    painter, editor, elsewhere = replica(host="a"), replica(EDIT, host="a"), replica(host="b")
    made = supply(painter, editor, elsewhere)
    made.give(painter, "1", "p")
    finish(made, painter)
    assert made.best("t2i", "p") is painter
    made.give(editor, "2", "e")
    finish(made, editor)
    assert made.best("t2i", "p") is elsewhere
    assert made.best("edit", "e") is editor


def test_the_second_replicas_of_a_host_are_on_another_card() -> None:
    first, second, editor = replica(host="a"), replica(host="a"), replica(EDIT, host="a")
    made = supply(first, second, editor)
    made.give(editor, "job", "e")
    assert made.best("t2i", "p") is second


def test_nobody_takes_what_another_service_does_or_more_than_it_may() -> None:
    full = replica()
    made = supply(full, replica(EDIT))
    for number in range(Replica.SLOTS):
        made.give(full, str(number), None)
    assert made.best("t2i", None) is None


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


def test_who_stays_keeps_what_it_has_loaded_and_who_is_gone_is_forgotten() -> None:
    gone, here, new = replica(), replica(), replica()
    made = supply(gone, here)
    made.give(gone, "1", "a")
    made.give(here, "2", "a")
    finish(made, here)
    made.refresh([new, here])
    assert made.best("t2i", "a") is here
    made.note(gone)
    assert made.best("t2i", "a") is here


GIFTS = st.lists(st.tuples(st.integers(0, 7), MODELS, st.booleans()), max_size=30)


@given(GIFTS, MODELS)
def test_the_choice_is_the_one_that_a_look_at_everybody_would_make(
    gifts: list[tuple[int, str | None, bool]], model: str | None
) -> None:
    replicas = [replica(service, host) for host in "abcd" for service in (T2I, EDIT)]
    made = supply(*replicas)
    last: dict[str, Replica] = {}
    for number, (index, wanted, is_finishing) in enumerate(gifts):
        one = replicas[index]
        if one.is_free:
            made.give(one, str(number), wanted)
            last[one.host] = one
        if is_finishing:
            finish(made, one)

    def rank(one: Replica) -> tuple[int, int]:
        load = sum(len(each.jobs) for each in replicas if each.host == one.host)
        if one.host not in last:
            return load, 1
        return load, 0 if last[one.host] is one and one.warm_model == model else 2

    free = [one for one in replicas if one.is_free and one.service is T2I]
    found = made.best("t2i", model)
    assert (found is None) == (not free)
    assert found is None or rank(found) == min(map(rank, free))
