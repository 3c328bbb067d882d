"""The capacity model: production's queue, choice and arbiter over virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from benchmarks.capacity.__main__ import PIPELINES, find_cards, read_pipelines, simulate
from benchmarks.capacity.simulation import Simulation
from benchmarks.capacity.workload import Job, Pipeline, arrive, work_s

PAINTER = Pipeline("t2i", "painter", run_s=25, load_s=20, share=1)
EDITOR = Pipeline("edit", "editor", run_s=30, load_s=20, share=1)


def test_one_card_loads_once_and_does_one_job_after_the_other() -> None:
    outcome = Simulation([PAINTER], hosts=1).run(Job(n, 0, PAINTER) for n in range(3))
    assert outcome.waits_s == pytest.approx([20, 45, 70], abs=0.1)
    assert outcome.loads == 1


def test_two_pipelines_take_turns_on_one_card_and_get_one_each_of_two() -> None:
    jobs = [Job(n, 200 * n, (PAINTER, EDITOR)[n % 2]) for n in range(6)]
    assert Simulation([PAINTER, EDITOR], hosts=1).run(jobs).loads == 6
    assert Simulation([PAINTER, EDITOR], hosts=2).run(jobs).loads == 2


@pytest.mark.parametrize("load", [0.3, 0.7])
def test_every_job_ends_and_nobody_waits_longer_among_more_hosts(load: float) -> None:
    waits_s: list[float] = []
    for hosts in (1, 4, 16):
        per_hour = load * hosts * 3600 / work_s(PIPELINES)
        outcome = Simulation(PIPELINES, hosts).run(arrive(PIPELINES, per_hour, 40 * hosts, seed=3))
        assert len(outcome.waits_s) == 40 * hosts
        waits_s.append(outcome.p95_wait_s)
    assert all(fewer >= more for fewer, more in pairwise(waits_s))


def test_the_cards_that_are_told_are_enough_and_one_less_is_not() -> None:
    cards = find_cards(PIPELINES, per_hour=300, p95_wait_s=30)
    assert simulate(PIPELINES, cards, 300).p95_wait_s <= 30 < simulate(PIPELINES, cards - 1, 300).p95_wait_s


def test_shares_are_made_to_add_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("capacity") / "mine.json"
    file.write_text('[{"service": "t2i", "model": "m", "run_s": 1, "load_s": 2, "share": 3}]')
    assert read_pipelines(file) == (Pipeline("t2i", "m", 1, 2, 1.0),)
