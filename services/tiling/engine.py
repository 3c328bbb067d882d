"""The tiling worker: DiffSynth's pipeline, one tile after another, in memory that does not grow."""

# pyright: standard
# Torch code: DiffSynth is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import torch

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Image, Size
from limner.logs import set_up_logs
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.tiling.v1 import tiling_pb2
from services.pipelines.card_memory import CardMeter
from services.pipelines.catalogue import read_catalogue
from services.pipelines.device import dtype_on, to_torch_device
from services.pipelines.finish import Finish
from services.pipelines.frame import hasten
from services.pipelines.memory import Meter
from services.pipelines.pixels import digest
from services.pipelines.steps import pack_latents, resume_point
from services.pipelines.worker import Parked, Reporter, work
from services.synthesis import compatibility
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import install
from services.synthesis.loading import find_controls, read_pipeline
from services.synthesis.pictures import decode, flatten
from services.synthesis.prompts import PromptMemory, remember_prompts
from services.tiling.base import Base
from services.tiling.canvas import Canvas
from services.tiling.description import read_library_versions
from services.tiling.field import NoiseField, draw_noise, install_field
from services.tiling.job import Job, digest_inputs
from services.tiling.joint import TiledPipeline
from services.tiling.plan import Stage
from services.tiling.plane import Plane, enlarge
from services.tiling.reading import to_job
from services.tiling.refinement import Refiner
from services.tiling.settings import Settings
from services.tiling.tally import Tally


@dataclass(frozen=True, slots=True)
class _Loaded:
    pipeline: TiledPipeline
    field: NoiseField
    memory: PromptMemory
    adapters: Adapters
    control_kinds: tuple[str, ...]  # in the order of their ids
    tier: str


class Engine:
    """Runs tiling jobs on one loaded pipeline."""

    def __init__(self, settings: Settings) -> None:
        self._catalogue = read_catalogue(settings.models_dir)
        self._scratch_dir = settings.scratch_dir
        self._checkpoint_every_steps = settings.checkpoint_every_steps
        self._versions = read_library_versions()
        self._loaded: _Loaded | None = None

    def library_versions(self) -> dict[str, str]:
        """Names what is installed."""
        return self._versions

    def load(self, model: str, tier: str, device: str) -> Meter | None:
        """Makes the weights resident on `device`; raises ModelUnreadable or what torch raises."""
        entry = self._catalogue.find(model)
        target = to_torch_device(device)
        compatibility.mend()
        read = read_pipeline(entry.path, dtype_on(target), str(target))
        hasten(read.vae)
        compatibility.restore_frequencies(read)
        install(read, TiledPipeline)
        pipeline = cast("TiledPipeline", read)
        memory = remember_prompts(pipeline)
        kinds = tuple(control.name for control in find_controls(entry.path))
        adapters = Adapters.inject(pipeline.dit, entry.path / "adapters")
        self._loaded = _Loaded(pipeline, install_field(pipeline), memory, adapters, kinds, tier)
        return None if target.type == "cpu" else CardMeter()

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Makes every picture that `resume_from` has not finished."""
        assert self._loaded is not None, "Load comes before Run"
        task = tiling_pb2.Task.FromString(request)
        job = to_job(task, self._catalogue)
        finish = Finish(job.brief, self._loaded.tier, self._versions)
        fingerprint = job.brief.fingerprint(self._loaded.tier, self._versions, digest_inputs(task))
        first, steps_done, latents = resume_point(resume_from, fingerprint)
        folder = self._scratch_dir / fingerprint[:32]
        with torch.inference_mode():
            try:
                for index in range(first, len(job.brief.seeds)):
                    _Making(self._loaded, job, finish, fingerprint, report, folder / str(index), index).make(
                        steps_done, latents, self._checkpoint_every_steps
                    )
                    steps_done, latents = 0, None
            finally:
                self._loaded.memory.forget()
        shutil.rmtree(folder, ignore_errors=True)


class _Making:
    """One picture on its way."""

    def __init__(
        self, loaded: _Loaded, job: Job, finish: Finish, fingerprint: str, report: Reporter,
        folder: Path, index: int,
    ) -> None:  # fmt: skip
        self._loaded, self._job, self._finish, self._report = loaded, job, finish, report
        self._fingerprint, self._folder, self._index = fingerprint, folder, index
        self._seed = job.brief.seeds[index]
        self._plan = job.plan()
        self._tally = Tally(report, index, len(job.brief.seeds), self._plan.tile_count)

    def make(self, steps_done: int, latents: torch.Tensor | None, checkpoint_every_steps: int) -> None:
        """Reports the picture."""
        started_s = time.monotonic()
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._plan.base is not None:
            below: Plane | Canvas = self._paint_base(
                self._plan.base, steps_done, latents, checkpoint_every_steps
            )
        else:
            below = self._read_source()
        for stage in self._plan.hops:
            below = self._refine(stage, below)
        assert isinstance(below, Canvas), "a plan has at least one stage"
        self._finish.durations_s["denoising"] = time.monotonic() - started_s
        self._hand_over(below)

    def _paint_base(
        self, stage: Stage, steps_done: int, latents: torch.Tensor | None, checkpoint_every_steps: int
    ) -> Canvas:
        canvas = self._open("base", stage)
        missing = [index for index in range(len(stage.tiles)) if index not in canvas.finished()]
        self._tally.skip(len(stage.tiles) - len(missing))
        if not missing:
            return canvas
        base = Base(self._loaded.pipeline, self._job, stage, self._seed)
        # Where a step takes long, each is worth keeping.
        every = checkpoint_every_steps if len(stage.tiles) == 1 else 1

        def see_step(step: int, latents: torch.Tensor, estimate: torch.Tensor) -> None:
            self._tally.tell(step, self._job.brief.steps)
            parking = self._report.parking
            if step < self._job.brief.steps and (parking or step % every == 0):
                self._checkpoint(step, pack_latents(latents))
            if parking:
                raise Parked

        clean = base.denoise(steps_done, latents, see_step, self._report.check)
        for index in missing:
            self._tally.tell(0, 0, progress_pb2.STAGE_DECODING)
            canvas.put(index, base.decode(clean, stage.tiles[index]))
            self._tally.finish_tile()
        return canvas

    def _read_source(self) -> Plane:
        assert self._job.source is not None, "without a source there is a base"
        pixels = np.asarray(flatten(decode(self._job.source)))
        return Plane.write(self._folder / "source.rgb", self._job.source.size_px, [pixels])

    def _refine(self, stage: Stage, below: Plane | Canvas) -> Canvas:
        canvas = self._open(f"{stage.size[0]}x{stage.size[1]}", stage)
        done = canvas.finished()
        self._tally.skip(len(done))
        enlarged = self._enlarge(below, stage)
        loaded = self._loaded
        noise = draw_noise(stage.size, self._seed, loaded.pipeline.torch_dtype)
        refiner = Refiner(
            loaded.pipeline, loaded.field, loaded.adapters, loaded.control_kinds, self._job, self._seed
        )
        for index, tile in enumerate(stage.tiles):
            if index in done:
                continue
            canvas.put(index, refiner.paint(enlarged, noise, tile, self._see_step))
            self._tally.finish_tile()
            self._tally.show(canvas, enlarged)
            self._tally.tell(0, self._job.refine_steps)
            self._checkpoint(0, b"")
        return canvas

    def _see_step(self, step: int, latents: torch.Tensor, estimate: torch.Tensor) -> None:
        """Reports a step of a tile; a tile is short enough to be done again after parking."""
        self._tally.tell(step, self._job.refine_steps)
        if self._report.parking:
            self._checkpoint(0, b"")
            raise Parked

    def _enlarge(self, below: Plane | Canvas, stage: Stage) -> Plane:
        if isinstance(below, Canvas):
            return below.enlarge(stage.size)
        return enlarge(below, stage.size, self._folder / "enlarged.rgb")

    def _open(self, name: str, stage: Stage) -> Canvas:
        overlap_px = min(self._job.overlap_px, min(stage.tiles[0].width, stage.tiles[0].height) // 2)
        return Canvas.open(self._folder / name, stage.size, stage.tiles, overlap_px, self._fingerprint)

    def _checkpoint(self, step: int, latents: bytes) -> None:
        """Says how far the base is; finished tiles are in the folder."""
        self._report.checkpoint(
            Checkpoint(image_index=self._index, step=step, latents=latents, fingerprint=self._fingerprint)
        )

    def _hand_over(self, canvas: Canvas) -> None:
        started_s = time.monotonic()
        self._tally.tell(0, 0, progress_pb2.STAGE_SAVING)
        path, (width, height) = self._folder / "result.png", canvas.size
        canvas.encode(path, "png", self._finish.describe(self._index, canvas.size))
        data = path.read_bytes()
        self._finish.durations_s["saving"] = time.monotonic() - started_s
        self._report.check()
        result = edit_pb2.Result(
            image_index=self._index,
            image=Image(data=data, format="png", size=Size(width=width, height=height), sha256=digest(data)),
            seed=self._seed,
        )
        result.provenance.CopyFrom(self._finish.provenance())
        self._report.result(self._index, result)
        shutil.rmtree(self._folder, ignore_errors=True)


if __name__ == "__main__":
    set_up_logs()
    work(Engine(Settings()), "limner-tiling-worker")
