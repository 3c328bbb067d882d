"""A worker's weights under a budget that its front changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from limner.worker.v1.worker_pb2 import Command, Event, Load, Resize, Run
from services.pipelines.process import WorkerProcess

pytestmark = pytest.mark.xdist_group("t2i-front")

REQUEST = GenerateImagesRequest(prompt="a blue star at the top", seeds=[11], steps=6).SerializeToString()
SMALL_BYTES = 24_000_000


@pytest.fixture
async def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerProcess]:
    monkeypatch.setenv("LIMNER_T2I_CACHE_DIR", str(tmp_path / "cache"))
    process = await WorkerProcess.start("services.t2i.engine", "test", tmp_path)
    await process.ready()
    yield process
    await process.kill()


async def load(worker: WorkerProcess, tier: str, budget_bytes: int = 0) -> Event:
    worker.send(
        Command(load=Load(model="shapes", tier=tier, device="cpu:0", budget_bytes=budget_bytes)),
    )
    (event,) = [event async for event in worker.events()]
    return event


async def run(worker: WorkerProcess, resize_after_step: int = 0) -> tuple[bytes, list[str]]:
    """Returns the picture, and in which order the worker told what."""
    worker.send(Command(run=Run(job="job", request=REQUEST)))
    image, told = b"", list[str]()
    async for event in worker.events():
        if event.progress.step and event.progress.step == resize_after_step:
            worker.send(Command(resize=Resize(budget_bytes=SMALL_BYTES)))
        if event.HasField("result"):
            image = Result.FromString(event.result.result).image.data
        told.append(event.WhichOneof("kind") or "")
    return image, told


async def test_a_job_goes_on_to_the_same_picture_while_its_weights_shrink(worker: WorkerProcess) -> None:
    assert (await load(worker, "full")).HasField("loaded")
    whole, _ = await run(worker)
    shrunk, told = await run(worker, resize_after_step=2)
    assert shrunk == whole
    assert told.count("resized") == 1
    assert told.index("resized") < told.index("result")


async def test_an_idle_worker_gives_back_at_once_and_says_what_it_holds(worker: WorkerProcess) -> None:
    loaded = (await load(worker, "full")).loaded.observed_bytes
    worker.send(Command(resize=Resize(budget_bytes=SMALL_BYTES)))
    worker.send(Command(run=Run(job="job", request=REQUEST)))
    events = [event async for event in worker.events()]
    assert events[0].HasField("resized")
    # Of 41 MB of weights.
    assert events[0].resized.observed_bytes <= loaded - 20_000_000


async def test_a_worker_without_a_model_answers_too(worker: WorkerProcess) -> None:
    worker.send(Command(resize=Resize(budget_bytes=SMALL_BYTES)))
    worker.send(Command(load=Load(model="shapes", tier="stream", device="cpu:0")))
    events = [event async for event in worker.events()]
    assert [event.WhichOneof("kind") for event in events] == ["resized", "loaded"]


async def test_a_budget_that_is_too_small_is_said_to_be(worker: WorkerProcess) -> None:
    event = await load(worker, "stream", budget_bytes=1_000_000)
    assert event.ended.reason == "OUT_OF_MEMORY"
    assert "at least" in event.ended.message
    assert (await load(worker, "stream", budget_bytes=SMALL_BYTES)).HasField("loaded")


async def test_a_tier_that_nobody_knows_is_named(worker: WorkerProcess) -> None:
    event = await load(worker, "tiny")
    assert "full, fp8, nf4, offload, stream" in event.ended.message
