"""The tiling service's own worker in a process of its own, spoken to as by its front, without an arbiter."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from PIL import Image

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Size
from limner.tiling.v1 import tiling_pb2
from limner.worker.v1.worker_pb2 import Command, Event, Load, Run
from services.pipelines.catalogue import Catalogue
from services.pipelines.process import WorkerProcess
from services.pipelines.stock import read_catalogue
from services.tiling.job import Job, settings_of, to_task
from services.tiling.reading import to_job

_MODULE, _TIER, _DEVICE = "services.tiling.engine", "full", "cpu"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker with its model loaded."""

    process: WorkerProcess
    catalogue: Catalogue

    @property
    def pid(self) -> int:
        """The process that holds the model."""
        return self.process.identity.pid

    def read(self, task: tiling_pb2.Task) -> Job:
        """Returns what a task means."""
        return to_job(task, self.catalogue)

    async def run(self, task: tiling_pb2.Task) -> tuple[edit_pb2.Result, int]:
        """Makes the one picture of a task; returns it, and the peak that the worker tells the arbiter."""
        request = to_task(task, self.read(task).brief).SerializeToString()
        self.process.send(Command(run=Run(job="job", request=request)))
        result = edit_pb2.Result()
        async for event in self.process.events():
            if event.HasField("result"):
                result = edit_pb2.Result.FromString(event.result.result)
            if event.HasField("ended"):
                _check(event)
                return result, event.ended.peak_bytes
        raise AssertionError("a job ends")


@asynccontextmanager
async def working(threads: int) -> AsyncGenerator[Worker]:
    """Starts a worker that computes with `threads`, and ends it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="tiling") as folder:
        os.environ |= {"OMP_NUM_THREADS": str(threads), "LIMNER_TILING_SCRATCH_DIR": f"{folder}/scratch"}
        process = await WorkerProcess.start(_MODULE, "bench", Path(folder) / "holders")
        try:
            await process.ready()
            process.send(Command(load=Load(model="", tier=_TIER, device=_DEVICE)))
            async for event in process.events():
                _check(event)
            yield Worker(process, read_catalogue(None))
        finally:
            await process.kill()


async def paint(name: str, tasks: Sequence[tiling_pb2.Task]) -> list[Image.Image]:
    """Makes the picture of every task, on as many workers as there are processors, one thread each."""
    waiting = iter(enumerate(tasks))
    made: dict[int, Image.Image] = {}

    async def help_out() -> None:
        async with working(threads=1) as worker:
            for index, task in waiting:
                result, _ = await worker.run(task)
                made[index] = Image.open(io.BytesIO(result.image.data)).convert("RGB")
                sys.stderr.write(f"\r{name}: {len(made)} of {len(tasks)} ")

    async with asyncio.TaskGroup() as group:
        for _ in range(len(os.sched_getaffinity(0))):
            group.create_task(help_out())
    sys.stderr.write("\n")
    return [made[index] for index in range(len(tasks))]


def generate(prompt: str, size: tuple[int, int], seed: int, **more: Any) -> tiling_pb2.Task:
    """Asks for a picture of a prompt."""
    return _complete(tiling_pb2.Task(generate=tiling_pb2.GenerateTiledRequest(**more)), prompt, seed, size)


def upscale(image: Any, seed: int, **more: Any) -> tiling_pb2.Task:
    """Asks for a picture to be enlarged."""
    return _complete(tiling_pb2.Task(upscale=tiling_pb2.UpscaleTiledRequest(image=image, **more)), "", seed)


def _complete(
    task: tiling_pb2.Task, prompt: str, seed: int, size: tuple[int, int] | None = None
) -> tiling_pb2.Task:
    settings = edit_pb2.Settings(prompt=prompt, seeds=[seed])
    if size is not None:
        settings.size.CopyFrom(Size(width=size[0], height=size[1]))
    settings_of(task).CopyFrom(settings)
    return task


def _check(event: Event) -> None:
    """Raises where a load or a run failed."""
    if event.HasField("ended") and not event.ended.ok:
        raise RuntimeError(f"{event.ended.reason}: {event.ended.message}")
