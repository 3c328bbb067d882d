"""What a killed worker costs: the front starts another, which goes on from the tiles on the disk."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean

import psutil
from grpc import aio

from benchmarks.table import Row
from benchmarks.tiling_memory import PROMPT
from benchmarks.tiling_worker import generate
from limner.channel import connect
from limner.progress.v1.progress_pb2 import STAGE_DENOISING, Progress
from limner.tiling.v1 import tiling_pb2
from limner.tiling.v1.tiling_pb2_grpc import TilingServiceStub
from services.pipelines.pixels import digest
from tests.edit.drawing import picture
from tests.fronts import starting

SIDE_PX = 256  # A base of one tile, then nine.
_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Course:
    """How a job went: every step of denoising that it told, and what came out."""

    steps: tuple[Progress, ...]
    pixels: str
    kill_after: int = 0  # how many steps had been told when the worker was killed; 0: never

    def redone(self, batches: Mapping[int, int]) -> float:
        """Returns how much of what had been told was done a second time, in tiles.

        `batches` says how many tiles are in work together when so many are finished.
        """
        before, after = self.steps[: self.kill_after], self.steps[self.kill_after :]
        return _work(before[-1], batches) - min(_work(step, batches, 1) for step in after) if before else 0.0


async def measure() -> list[Row]:
    """Makes the same picture ten times: undisturbed, and killed after each tenth of the work but the last."""
    with tempfile.TemporaryDirectory(prefix="tiling") as folder:
        scratch = {"LIMNER_TILING_SCRATCH_DIR": f"{folder}/scratch"}
        with starting(Path(folder), "tiling", scratch) as (address, pid):
            async with connect(address) as channel:
                whole = await _watch(channel, pid, 0)
                count = len(whole.steps)
                courses = [await _watch(channel, pid, count * tenth // 10) for tenth in range(1, 10)]
    return compare(whole, courses)


def compare(whole: Course, courses: Sequence[Course]) -> list[Row]:
    """Returns the figures of killed jobs beside the undisturbed one."""
    same = sum(course.pixels == whole.pixels for course in courses)
    batches = _read_batches(whole)
    redone = [course.redone(batches) for course in courses]
    return [
        Row(
            "kill -9 at each tenth, resumed: same pixels",
            same,
            f"{len(courses)}",
            same == len(courses),
            "jobs",
        ),
        Row("  work redone, worst", max(redone), "≤ 1", max(redone) <= 1, "tiles"),
        Row("  work redone, mean", mean(redone), "", True, "tiles"),
        Row("  tiles in work together, at most", max(batches.values()), "", True, "tiles"),
    ]


async def _watch(channel: aio.Channel, pid: int, kill_after: int) -> Course:
    """Makes the picture, and kills the worker when so many steps have been told."""
    steps: list[Progress] = []
    pixels = ""
    async for event in _events(channel):
        if event.HasField("progress") and event.progress.stage == STAGE_DENOISING:
            steps.append(event.progress)
            if len(steps) == kill_after:
                _kill_worker(pid)
        if event.HasField("result"):
            pixels = digest(picture(event.result.image).tobytes())
    return Course(tuple(steps), pixels, kill_after)


async def _events(channel: aio.Channel) -> AsyncIterator[tiling_pb2.Event]:
    request = generate(PROMPT, (SIDE_PX, SIDE_PX), 1).generate
    stub = TilingServiceStub(channel)
    async for answer in stub.GenerateTiled(request, timeout=_TIMEOUT_S, wait_for_ready=True):
        yield answer.event


def _kill_worker(pid: int) -> None:
    (worker,) = psutil.Process(pid).children()
    worker.kill()


def _read_batches(whole: Course) -> dict[int, int]:
    """Returns how many tiles were in work together at each count of finished ones."""
    counts = sorted({step.tile for step in whole.steps} | {whole.steps[0].tile_count})
    return {tile: after - tile for tile, after in pairwise(counts)}


def _work(step: Progress, batches: Mapping[int, int], steps_back: int = 0) -> float:
    """Returns the work that a step tells, in tiles, or that of so many steps before it."""
    return step.tile + batches.get(step.tile, 0) * max(0, step.step - steps_back) / step.total_steps
