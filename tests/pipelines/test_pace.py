from __future__ import annotations

from limner.progress.v1.progress_pb2 import STAGE_DECODING, STAGE_DENOISING, STAGE_WAITING
from services.pipelines.pace import Pace


def test_of_fast_steps_some_are_told_the_first_among_them() -> None:
    pace = Pace()
    told = [step for step in range(20) if pace.is_due(STAGE_DENOISING, step * 0.02)]
    assert told == [0, 3, 6, 9, 12, 15, 18]


def test_slow_steps_are_all_told() -> None:
    pace = Pace()
    assert all(pace.is_due(STAGE_DENOISING, step * 0.06) for step in range(20))


def test_a_new_stage_is_told_at_once() -> None:
    pace = Pace()
    stages = (STAGE_DENOISING, STAGE_DECODING, STAGE_DENOISING)
    assert all(pace.is_due(stage, 1 + number / 1000) for number, stage in enumerate(stages))


def test_whoever_waits_hears_of_every_place() -> None:
    pace = Pace()
    assert all(pace.is_due(STAGE_WAITING, moment / 1000) for moment in range(5))
