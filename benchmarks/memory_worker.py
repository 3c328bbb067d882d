"""A service's own worker, alone, and what it holds: loaded in a tier, given a job, ended."""

from __future__ import annotations

import io
import os
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from PIL import Image

from limner.image.v1.image_pb2 import Size
from limner.machine.footprint import Footprint
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from limner.worker.v1.worker_pb2 import Command, Event, Load, Run
from services.pipelines.process import WorkerProcess

MODULES = {name: f"services.{name}.engine" for name in ("t2i", "edit", "tiling")}
PROMPT = "a red circle on the left and a blue square on the right, white background"
# As large as the built-in model paints: beside a real model's weights its pictures are small, too.
SIDE_PX = 256


class Worker:
    """A worker that has imported its libraries."""

    def __init__(self, process: WorkerProcess) -> None:
        self._process = process
        self._footprint = Footprint(process.identity.pid)
        self._idle_bytes = self.held_bytes

    @property
    def held_bytes(self) -> int:
        """What it holds, pages that others hold too by their share."""
        return self._footprint.held_bytes()

    async def load(self, model: Path, tier: str, budget_bytes: int = 0) -> float:
        """Loads a model and returns the seconds."""
        started_s = time.perf_counter()
        load = Load(model=model.name, tier=tier, device="cpu:0", budget_bytes=budget_bytes)
        await self._do(Command(load=load))
        return time.perf_counter() - started_s

    async def paint(self, model: Path, steps: int = 2) -> tuple[bytes, int]:
        """Returns the pixels that a job paints, and the most that the worker held above its idle self."""
        request = GenerateImagesRequest(
            model=model.name, prompt=PROMPT, seeds=[1], steps=steps, guidance_scale=1,
            size=Size(width=SIDE_PX, height=SIDE_PX),
        )  # fmt: skip
        events = await self._do(Command(run=Run(job="job", request=request.SerializeToString())))
        results = [event.result.result for event in events if event.HasField("result")]
        return _pixels(results[0]), events[-1].ended.peak_bytes - self._idle_bytes

    async def _do(self, command: Command) -> list[Event]:
        self._process.send(command)
        events = [event async for event in self._process.events()]
        ended = events[-1].ended
        if events[-1].HasField("ended") and not ended.ok:
            raise RuntimeError(f"{ended.reason}: {ended.message}")
        return events


def _pixels(result: bytes) -> bytes:
    with Image.open(io.BytesIO(Result.FromString(result).image.data)) as image:
        return image.tobytes()


@asynccontextmanager
async def working(service: str, folder: Path) -> AsyncGenerator[Worker]:
    """Starts a service's worker over the models and the cache in `folder`, and ends it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    variables = {"MODELS_DIR": folder / "models", "CACHE_DIR": folder / "cache"}
    os.environ |= {f"LIMNER_{service.upper()}_{name}": str(path) for name, path in variables.items()}
    process = await WorkerProcess.start(MODULES[service], f"bench-{service}", folder / "holders")
    try:
        await process.ready()
        yield Worker(process)
    finally:
        await process.kill()
