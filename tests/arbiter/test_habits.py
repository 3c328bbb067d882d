from __future__ import annotations

import random

from services.arbiter.habits import KEPT_HABITS, Habits


def habits_after(*profiles: str) -> Habits:
    habits = Habits()
    for profile in profiles:
        habits.used(profile)
    return habits


def test_what_was_never_used_pulls_nothing() -> None:
    habits = habits_after("a")
    habits.loaded("b", 3.0)
    assert habits.pull("b") == habits.pull("c") == 0.0


def test_what_is_used_more_often_pulls_more() -> None:
    rng, habits = random.Random(1), Habits()
    pulls = {"a": 0.0, "b": 0.0, "c": 0.0}
    for profile in rng.choices("abc", (6, 3, 1), k=300):
        habits.used(profile)
        pulls = {name: pull + habits.pull(name) for name, pull in pulls.items()}
    assert pulls["a"] > pulls["b"] > pulls["c"]


def test_where_two_alternate_the_last_used_pulls_more_than_what_was_common_before() -> None:
    habits = habits_after(*"cccccccc", *"abababab")
    assert habits.pull("b") > habits.pull("c")


def test_where_all_take_turns_the_last_used_pulls_less_than_who_is_next_but_one() -> None:
    habits = habits_after(*"abcd" * 5)
    assert habits.pull("b") > habits.pull("d")


def test_a_pull_is_a_share() -> None:
    habits = habits_after(*"abcabcaabbcc")
    assert all(0 <= habits.pull(profile) <= 1 for profile in "abc")


def test_the_longest_unused_profile_is_forgotten_when_there_are_too_many() -> None:
    habits = Habits()
    for number in range(KEPT_HABITS + 1):
        habits.loaded(str(number), 2.0)
        habits.used(str(number))
    assert habits.load_s("0") is None
    assert habits.load_s("1") == 2.0
    assert habits.load_s(str(KEPT_HABITS)) == 2.0


def test_a_use_keeps_a_profile_remembered() -> None:
    habits = habits_after("old")
    for number in range(KEPT_HABITS):
        habits.used("old")
        habits.used(str(number))
    assert habits.pull("old") > 0
