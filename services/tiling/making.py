"""One picture on its way: a base, hops, and what is told and kept meanwhile."""

# pyright: standard
# Torch code: DiffSynth is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint
from services.pipelines.finish import Finish
from services.pipelines.steps import pack_latents, resume_point
from services.pipelines.weights.residency import Residency
from services.pipelines.worker import Parked, Reporter
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import OnStep
from services.synthesis.pictures import decode, flatten
from services.synthesis.prompts import PromptMemory
from services.tiling.base import Base
from services.tiling.canvas import Canvas
from services.tiling.field import NoiseField, draw_noise
from services.tiling.job import Job
from services.tiling.pipeline import TiledPipeline
from services.tiling.plan import Stage
from services.tiling.plane import Plane, enlarge
from services.tiling.refinement import Refiner
from services.tiling.scratch import Scratch
from services.tiling.tally import Tally


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model in memory, with all that tiles need of it."""

    pipeline: TiledPipeline
    residency: Residency
    field: NoiseField
    memory: PromptMemory
    adapters: Adapters
    control_kinds: tuple[str, ...]  # in the order of their ids
    tier: str


@dataclass(frozen=True, slots=True)
class Task:
    """A job, and where and how it is worked on."""

    job: Job
    fingerprint: str  # tells everything on which the pixels depend
    scratch: Scratch
    checkpoint_every_steps: int
    resume_from: Checkpoint | None

    @property
    def folder(self) -> Path:
        """Where what is unfinished lies."""
        return self.scratch.unfinished(self.fingerprint)


class Making:
    """One picture of a task."""

    def __init__(self, loaded: Loaded, task: Task, finish: Finish, report: Reporter, index: int) -> None:
        self._loaded, self._task, self._job = loaded, task, task.job
        self._finish, self._report, self._index = finish, report, index
        self._folder = task.folder / str(index)
        self._seed = task.job.brief.seeds[index]
        self._plan = task.job.plan()
        self._tally = Tally(report, index, len(task.job.brief.seeds), self._plan.tile_count)

    def make(self) -> None:
        """Reports the picture."""
        started_s = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        below = self._paint_base(self._plan.base) if self._plan.base else self._read_source()
        for stage in self._plan.hops:
            below = self._refine(stage, below)
        assert isinstance(below, Canvas), "a plan has at least one stage"
        self._finish.durations_s["denoising"] = time.monotonic() - started_s
        self._hand_over(below)

    def _paint_base(self, stage: Stage) -> Canvas | Plane:
        canvas = self._open("base", stage)
        missing = [index for index in range(len(stage.tiles)) if index not in canvas.finished()]
        self._tally.skip(len(stage.tiles) - len(missing))
        if not missing:
            return canvas
        base = Base(self._loaded.pipeline, self._job, stage, self._seed)
        # Where a step takes long, each is worth keeping.
        every = self._task.checkpoint_every_steps if len(stage.tiles) == 1 else 1
        steps_done, latents = self._resume("base")
        on_step = self._watch("base", self._job.brief.steps, every)
        clean = base.denoise(steps_done, latents, on_step, self._report.check)
        for index in missing:
            self._tally.tell(0, 0, progress_pb2.STAGE_DECODING)
            canvas.put(index, base.decode(clean, stage.tiles[index]))
            self._tally.finish()
        return canvas

    def _read_source(self) -> Plane | Canvas:
        assert self._job.source is not None, "without a source there is a base"
        pixels = np.asarray(flatten(decode(self._job.source)))
        return Plane.write(self._folder / "source.rgb", self._job.source.size_px, [pixels])

    def _refine(self, stage: Stage, below: Plane | Canvas) -> Canvas:
        name = f"{stage.size[0]}x{stage.size[1]}"
        canvas = self._open(name, stage)
        self._tally.skip(len(canvas.finished()))
        loaded, at_once = self._loaded, self._loaded.pipeline.at_once
        enlarged = self._enlarge(below, stage)
        noise = draw_noise(stage.size, self._seed, loaded.pipeline.torch_dtype)
        refiner = Refiner(
            loaded.pipeline, loaded.field, loaded.adapters, loaded.control_kinds, self._job, self._seed
        )
        # The same batches whatever is finished: how many pictures are multiplied together shows in their
        # last digits.
        for first in range(0, len(stage.tiles), at_once):
            batch = range(first, min(first + at_once, len(stage.tiles)))
            if missing := [index for index in batch if index not in canvas.finished()]:
                self._paint(f"{name}:{first}", stage, canvas, batch, missing, refiner, enlarged, noise)
        return canvas

    def _paint(
        self, name: str, stage: Stage, canvas: Canvas, batch: range, missing: list[int],
        refiner: Refiner, enlarged: Plane, noise: torch.Tensor,
    ) -> None:  # fmt: skip
        """Puts the missing ones of a batch of tiles on the canvas."""
        tiles = [stage.tiles[index] for index in batch]
        steps_done, latents = self._resume(name)
        steps = self._job.refine_steps
        # A step of a batch costs as many as there are tiles in it: a kill costs a tile's steps at most.
        every = max(1, min(self._task.checkpoint_every_steps, steps // len(tiles)))
        on_step = self._watch(name, steps, every, len(missing))
        painted = refiner.paint(enlarged, noise, tiles, on_step, steps_done, latents)
        for index, pixels in zip(batch, painted, strict=True):
            if index in missing:
                canvas.put(index, pixels)
                self._tally.finish()
        self._tally.show(canvas, enlarged)
        self._tally.tell(0, steps)
        self._checkpoint(name, 0, b"")

    def _resume(self, name: str) -> tuple[int, torch.Tensor | None]:
        """Returns how far the last worker came with a piece of work, and its latents."""
        point = resume_point(self._task.resume_from, self._fingerprint(name))
        return point.step, point.latents

    def _watch(self, name: str, steps: int, every: int, tiles: int = 1) -> OnStep:
        """Returns what reports the steps of a piece of work and keeps every so many; it raises Parked."""

        def see_step(step: int, latents: torch.Tensor, estimate: torch.Tensor) -> None:
            self._tally.tell(step, steps, tiles=tiles)
            parking = self._report.parking
            if step < steps and (parking or step % every == 0):
                self._checkpoint(name, step, pack_latents(latents))
            if parking:
                raise Parked

        return see_step

    def _enlarge(self, below: Plane | Canvas, stage: Stage) -> Plane:
        if isinstance(below, Canvas):
            return below.enlarge(stage.size)
        return enlarge(below, stage.size, self._folder / "enlarged.rgb")

    def _open(self, name: str, stage: Stage) -> Canvas:
        overlap_px = min(self._job.overlap_px, min(stage.tiles[0].width, stage.tiles[0].height) // 2)
        return Canvas.open(self._folder / name, stage.size, stage.tiles, overlap_px, self._task.fingerprint)

    def _fingerprint(self, name: str) -> str:
        """Names a piece of work: latents of another are of no use for it."""
        return f"{self._task.fingerprint}:{name}"

    def _checkpoint(self, name: str, step: int, latents: bytes) -> None:
        """Says how far a piece of work is; finished tiles are in the folder."""
        self._report.checkpoint(
            Checkpoint(
                image_index=self._index, step=step, latents=latents, fingerprint=self._fingerprint(name)
            )
        )

    def _hand_over(self, canvas: Canvas) -> None:
        started_s = time.monotonic()
        self._tally.tell(0, 0, progress_pb2.STAGE_SAVING)
        path, (width, height) = self._folder / "result.png", canvas.size
        canvas.encode(path, "png", self._finish.describe(self._index, canvas.size))
        self._report.check()
        image = self._task.scratch.hand_over(path)
        image.MergeFrom(Image(format="png", size=Size(width=width, height=height)))
        self._finish.durations_s["saving"] = time.monotonic() - started_s
        result = edit_pb2.Result(image_index=self._index, image=image, seed=self._seed)
        result.provenance.CopyFrom(self._finish.provenance())
        self._report.result(self._index, result)
        shutil.rmtree(self._folder, ignore_errors=True)
