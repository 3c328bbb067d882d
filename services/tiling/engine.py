"""The tiling worker: DiffSynth's pipeline, a few tiles at a time, in memory that does not grow."""

# pyright: standard
# Torch code: DiffSynth is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import shutil
import time
from typing import cast

import torch

from limner.logs import set_up_logs
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.tiling.v1 import tiling_pb2
from services.pipelines.card_memory import CardMeter
from services.pipelines.device import dtype_on, to_torch_device
from services.pipelines.finish import Finish
from services.pipelines.frame import hasten
from services.pipelines.memory import Meter
from services.pipelines.stock import read_catalogue
from services.pipelines.weights.loading import plan_assembly
from services.pipelines.worker import Reporter, work
from services.rpc.errors import StorageFailed
from services.synthesis import compatibility
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import install
from services.synthesis.loading import find_controls, read_pipeline
from services.synthesis.prompts import remember_prompts
from services.tiling.controls import stack_controls
from services.tiling.description import read_library_versions
from services.tiling.field import install_field
from services.tiling.job import digest_inputs, tiles_at_once
from services.tiling.making import Loaded, Making, Task
from services.tiling.pipeline import TiledPipeline
from services.tiling.reading import to_job
from services.tiling.scratch import Scratch
from services.tiling.settings import Settings


class Engine:
    """Runs tiling jobs on one loaded pipeline."""

    def __init__(self, settings: Settings) -> None:
        # Never older than the front's, which has checked the job.
        self._catalogue = read_catalogue(settings.models_dir, fresh_s=0.0)
        self._scratch = Scratch(settings.scratch_dir, settings.inline_limit_bytes)
        self._cache_dir = settings.cache_dir
        self._checkpoint_every_steps = settings.checkpoint_every_steps
        self._versions = read_library_versions()
        self._loaded: Loaded | None = None

    def library_versions(self) -> dict[str, str]:
        """Names what is installed."""
        return self._versions

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        """Loads the weights as `tier` says; raises ModelUnreadable, OutOfMemory or what torch raises."""
        entry = self._catalogue.find(model)
        target = to_torch_device(device)
        compatibility.mend()
        assembly = plan_assembly(tier, dtype_on(target), target, self._cache_dir)
        read = read_pipeline(entry.path, assembly)
        residency = assembly.reside(budget_bytes)
        hasten(read.vae)
        install(read, TiledPipeline)
        stack_controls(read)
        pipeline = cast("TiledPipeline", read)
        memory = remember_prompts(pipeline)
        kinds = tuple(control.name for control in find_controls(entry.path))
        adapters = Adapters.inject(pipeline.dit, entry.path / "adapters")
        self._loaded = Loaded(pipeline, residency, install_field(pipeline), memory, adapters, kinds, tier)
        return None if target.type == "cpu" else CardMeter()

    def resize(self, budget_bytes: int) -> None:
        """Has the weights hold so much from now on, or the least that they can."""
        if self._loaded is not None:
            self._loaded.residency.set_budget(budget_bytes)

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Makes every picture that `resume_from` has not finished."""
        assert self._loaded is not None, "Load comes before Run"
        message = tiling_pb2.Task.FromString(request)
        job = to_job(message, self._catalogue)
        loaded, pipeline = self._loaded, self._loaded.pipeline
        finish = Finish(
            job.brief,
            loaded.tier,
            self._versions,
            take_streamed_bytes=loaded.residency.take_streamed_bytes,
        )
        fingerprint = job.brief.fingerprint(loaded.tier, self._versions, digest_inputs(message))
        self._scratch.sweep(time.time())
        task = Task(job, fingerprint, self._scratch, self._checkpoint_every_steps, resume_from)
        pipeline.at_once = tiles_at_once(job, pipeline.dit.img_in.out_features)
        first = resume_from.image_index if resume_from is not None else 0
        with torch.inference_mode():
            try:
                for index in range(first, len(job.brief.seeds)):
                    Making(loaded, task, finish, report, index).make()
            except OSError as error:
                raise StorageFailed(
                    f"The unfinished picture cannot be kept in {task.folder}: {error.strerror or error}. "
                    "Free some space and send the job again; finished tiles are kept."
                ) from error
            finally:
                loaded.memory.forget()
        shutil.rmtree(task.folder, ignore_errors=True)


if __name__ == "__main__":
    set_up_logs()
    work(Engine(Settings()), "limner-tiling-worker")
