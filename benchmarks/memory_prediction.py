"""What the planner predicts that a picture takes, beside what a worker was measured to take, on the host."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from benchmarks.scaled import deepen
from benchmarks.table import Row
from limner.image.v1.image_pb2 import Size
from limner.machine.footprint import Footprint
from limner.models.activations import Shape
from limner.models.demands import Demand, demand
from limner.models.entry import Tier
from limner.models.weighing import read_sizes
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from limner.worker.v1.worker_pb2 import Command, Load, Run
from services.pipelines.process import WorkerProcess
from services.t2i.job import PARTS

LAYERS = (24, 48, 96, 192)  # 5 MB each in float32
SIDES_PX = (256, 512)
_TOLERANCE = 0.10
_MIB = 2**20
_PROMPT = "a red circle on the left and a blue square on the right, white background"


@dataclass(frozen=True, slots=True)
class Trial:
    """One picture by one worker."""

    layers: int
    tier: Tier
    side_px: int
    predicted_bytes: int
    measured_bytes: int

    @property
    def ratio(self) -> float:
        """What was predicted of what was measured."""
        return self.predicted_bytes / self.measured_bytes


async def measure(layers: Sequence[int] = LAYERS, tiers: Iterable[Tier] = tuple(Tier)) -> list[Row]:
    """Returns a row for every trial, and the worst ones."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    trials: list[Trial] = []
    for count in layers:
        with tempfile.TemporaryDirectory(prefix="sizes") as folder:
            model = deepen(Path(folder) / "models" / "deep", count)
            for tier in tiers:
                for side_px in SIDES_PX:
                    trials.append(await _try(Path(folder), model, count, tier, side_px))
    ratios = [trial.ratio for trial in trials]
    worst = max(abs(1 - ratio) for ratio in ratios)
    return [
        *(_row(trial) for trial in trials),
        Row("predicted peak / measured, farthest from 1", 1 + worst, "within 0.10", worst <= _TOLERANCE, "×"),
    ]


async def _try(folder: Path, model: Path, layers: int, tier: Tier, side_px: int) -> Trial:
    async with _working(folder) as (worker, context_bytes):
        needed = demand(
            read_sizes("deep", "", model, PARTS), tier, Shape(side_px, side_px), on_card=False,
            context_bytes=context_bytes,
        )  # fmt: skip
        budget_bytes = _budget_bytes(needed)
        load = Load(model="deep", tier=tier, device="cpu:0", budget_bytes=budget_bytes)
        await _finish(worker, Command(load=load))
        request = GenerateImagesRequest(
            request_id="1", prompt=_PROMPT, seeds=[1], steps=2, model="deep",
            size=Size(width=side_px, height=side_px), guidance_scale=1.0,
        )  # fmt: skip
        run = Run(job="1", request=request.SerializeToString())
        measured_bytes = await _finish(worker, Command(run=run))
    return Trial(layers, tier, side_px, needed.peak_bytes(budget_bytes), measured_bytes)


def _budget_bytes(needed: Demand) -> int:
    """Returns what its front would let the tier hold: a third of what comes and goes, where it does."""
    budgets = needed.budgets_bytes()
    return budgets[len(budgets) // 2]


async def _finish(worker: WorkerProcess, command: Command) -> int:
    worker.send(command)
    async for event in worker.events():
        if event.HasField("ended"):
            if not event.ended.ok:
                raise RuntimeError(f"{event.ended.reason}: {event.ended.message}")
            return event.ended.peak_bytes
    return 0


@asynccontextmanager
async def _working(folder: Path) -> AsyncGenerator[tuple[WorkerProcess, int]]:
    os.environ |= {"LIMNER_T2I_MODELS_DIR": f"{folder}/models", "LIMNER_T2I_CACHE_DIR": f"{folder}/cache"}
    process = await WorkerProcess.start("services.t2i.engine", "bench", folder / "holders")
    try:
        await process.ready()
        yield process, Footprint(process.identity.pid).held_bytes()
    finally:
        await process.kill()


def _row(trial: Trial) -> Row:
    name = (
        f"  {trial.layers} blocks, {trial.tier}, {trial.side_px}²: "
        f"{trial.predicted_bytes / _MIB:.0f} / {trial.measured_bytes / _MIB:.0f} MiB"
    )
    return Row(name, trial.ratio, "", True, "×")
