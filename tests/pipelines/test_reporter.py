from __future__ import annotations

from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Progress
from limner.t2i.v1.t2i_pb2 import Result
from limner.worker.v1.worker_pb2 import Event
from services.pipelines.worker import Reporter, Signals


def steps_told(*pictures: tuple[int, ...]) -> list[int]:
    """Returns the steps that each picture's result tells, the numbers of its steps being given."""
    sent: list[Event] = []
    report = Reporter(sent.append, Signals())
    for index, steps in enumerate(pictures):
        report.progress(Progress(stage=progress_pb2.STAGE_ENCODING))
        for step in steps:
            report.progress(Progress(stage=progress_pb2.STAGE_DENOISING, step=step))
        report.result(index, Result())
    return [event.result.provenance.steps for event in sent if event.HasField("result")]


def test_a_result_tells_the_steps_that_were_made_for_it() -> None:
    assert steps_told((1, 2, 3, 4), (1, 2, 3, 4)) == [4, 4]


def test_steps_of_an_earlier_worker_are_not_told() -> None:
    assert steps_told((3, 4), (1, 2, 3, 4)) == [2, 4]


def test_a_step_that_is_reported_twice_is_one() -> None:
    assert steps_told((1, 1, 2, 2)) == [2]


def test_tiles_have_steps_of_their_own() -> None:
    assert steps_told((1, 2, 0, 1, 2, 0, 1, 2)) == [6]


def test_layers_of_one_run_share_its_steps() -> None:
    assert steps_told((1, 2), ()) == [2, 0]
