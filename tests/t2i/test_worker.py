"""The worker process alone: what its front relies on when another job is more urgent."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from limner.progress.v1.progress_pb2 import Checkpoint
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from limner.worker.v1.worker_pb2 import Cancel, Command, Ended, Event, Load, Park, Run
from services.pipelines.process import WorkerProcess
from services.rpc.errors import WorkerLost

pytestmark = pytest.mark.xdist_group("t2i-front")

REQUEST = GenerateImagesRequest(prompt="a blue star at the top", seeds=[11], steps=14).SerializeToString()
# So many that some are spared: after the first six every second one.
SPARED = GenerateImagesRequest(prompt="a blue star at the top", seeds=[11], steps=20).SerializeToString()


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    process = await WorkerProcess.start("services.t2i.engine", "test", tmp_path)
    await process.ready()
    process.send(Command(load=Load(model="shapes", tier="full", device="cpu:0")))
    assert [event.HasField("loaded") async for event in process.events()] == [True]
    yield process
    await process.kill()


def run(job: str, resume_from: Checkpoint | None = None, request: bytes = REQUEST) -> Command:
    return Command(run=Run(job=job, request=request, resume_from=resume_from))


def png(events: list[Event]) -> bytes:
    (result,) = [event.result.result for event in events if event.HasField("result")]
    return Result.FromString(result).image.data


@pytest.mark.parametrize(("request_bytes", "asked_at"), [(REQUEST, 1), (SPARED, 7), (SPARED, 8)])
async def test_a_parked_job_goes_on_later_to_the_same_picture(
    worker: WorkerProcess, request_bytes: bytes, asked_at: int
) -> None:
    worker.send(run("whole", request=request_bytes))
    whole = [event async for event in worker.events()]
    worker.send(run("first half", request=request_bytes))
    parked: list[Event] = []
    async for event in worker.events():
        parked.append(event)
        if event.progress.step == asked_at:
            worker.send(Command(park=Park(job="first half")))
    assert parked[-1].ended.parked
    checkpoint = next(event.checkpoint for event in reversed(parked) if event.HasField("checkpoint"))
    assert asked_at <= checkpoint.step < 14
    worker.send(run("second half", checkpoint, request_bytes))
    assert png([event async for event in worker.events()]) == png(whole)


async def test_a_cancel_ends_the_job_before_its_next_step(worker: WorkerProcess) -> None:
    worker.send(run("unwanted"))
    last_step, ended = 0, Ended()
    async for event in worker.events():
        last_step = event.progress.step or last_step
        if event.progress.step == 2:
            worker.send(Command(cancel=Cancel(job="unwanted")))
        ended = event.ended
    assert ended.cancelled
    # The worker may have finished step 3, and said so, before it heard.
    assert last_step <= 4


async def test_only_the_workers_death_frees_its_lock_file(worker: WorkerProcess, tmp_path: Path) -> None:
    with (tmp_path / worker.identity.lock_file).open("rb") as lock:
        with pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        await worker.kill()
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_a_death_ends_the_events_and_names_the_signal(worker: WorkerProcess) -> None:
    worker.send(run("doomed"))
    events = worker.events()
    await anext(events)
    await worker.kill()
    with pytest.raises(WorkerLost, match="SIGKILL"):
        [event async for event in events]


async def test_an_unreadable_model_is_said_and_the_worker_lives(tmp_path: Path) -> None:
    process = await WorkerProcess.start("services.t2i.engine", "test", tmp_path)
    await process.ready()
    process.send(Command(load=Load(model="nothing of that name", tier="full", device="cpu:0")))
    events = [event async for event in process.events()]
    assert events[-1].ended.reason == "MODEL_NOT_FOUND"
    assert process.alive
    await process.kill()
