from __future__ import annotations

import pytest

from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Provenance
from services.pipelines.cost import Cost


def told(cost: Cost, now_s: float) -> tuple[Provenance, dict[str, float]]:
    provenance = Provenance()
    cost.tell(provenance, now_s)
    spent = {
        name: duration.ToTimedelta().total_seconds() for name, duration in provenance.stage_durations.items()
    }
    return provenance, spent


def test_the_first_result_tells_how_long_its_job_waited_and_loaded() -> None:
    cost = Cost(10.0)
    cost.enter(progress_pb2.STAGE_LOADING, 13.0)
    cost.loaded(500)
    cost.enter(progress_pb2.STAGE_ENCODING, 15.0)
    cost.charged_bytes = 700
    provenance, spent = told(cost, 20.0)
    assert spent == pytest.approx({"waiting": 3.0, "loading": 2.0})
    assert (provenance.read_bytes, provenance.charged_bytes) == (500, 700)


def test_the_second_result_tells_only_what_came_after_the_first() -> None:
    cost = Cost(10.0)
    cost.loaded(500)
    cost.enter(progress_pb2.STAGE_DENOISING, 13.0)
    cost.charged_bytes = 700
    told(cost, 14.0)
    provenance, spent = told(cost, 15.0)
    assert (spent, provenance.read_bytes, provenance.charged_bytes) == ({}, 0, 700)


def test_making_room_is_no_waiting_for_others() -> None:
    cost = Cost(0.0)
    cost.evicted(2.0)
    cost.enter(progress_pb2.STAGE_ENCODING, 5.0)
    _, spent = told(cost, 6.0)
    assert spent == pytest.approx({"waiting": 3.0, "evicting": 2.0})


def test_a_job_that_is_parked_waits_twice() -> None:
    cost = Cost(0.0)
    cost.enter(progress_pb2.STAGE_DENOISING, 1.0)
    cost.enter(progress_pb2.STAGE_WAITING, 4.0)
    cost.enter(progress_pb2.STAGE_DENOISING, 6.0)
    _, spent = told(cost, 7.0)
    assert spent == pytest.approx({"waiting": 3.0})


def test_what_the_engine_has_measured_stays() -> None:
    cost = Cost(0.0)
    provenance = Provenance(peak_bytes=9, steps=4)
    provenance.stage_durations["denoising"].FromSeconds(3)
    cost.tell(provenance, 1.0)
    assert (provenance.peak_bytes, provenance.steps) == (9, 4)
    assert set(provenance.stage_durations) == {"denoising", "waiting"}
