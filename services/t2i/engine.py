"""The text-to-image worker: diffusers' own QwenImagePipeline, one image after another."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline

from limner.logs import set_up_logs
from limner.models.entry import Tier
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint, Progress
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from services.pipelines.card_memory import CardMeter
from services.pipelines.catalogue import Model
from services.pipelines.device import dtype_on, to_torch_device
from services.pipelines.finish import Finish
from services.pipelines.forecast import Forecast
from services.pipelines.frame import hasten
from services.pipelines.lowrank import adapted
from services.pipelines.memory import Meter
from services.pipelines.recipes import weights_of
from services.pipelines.steps import (
    LatentColours,
    ResumableScheduler,
    ResumePoint,
    encode_frame,
    resume_point,
    schedule_few_steps,
)
from services.pipelines.stock import read_catalogue
from services.pipelines.watch import Watch
from services.pipelines.weights.loading import plan_assembly
from services.pipelines.weights.residency import Residency
from services.pipelines.worker import Reporter, work
from services.t2i.compiling import compile_blocks
from services.t2i.description import read_library_versions
from services.t2i.job import Job, to_job
from services.t2i.loading import read_pipeline
from services.t2i.settings import Settings
from services.t2i.sparing import spare_steps

# Guidance needs a negative prompt; the pipeline takes a blank one, not an empty one, for "none".
_NO_NEGATIVE = " "


@dataclass(frozen=True, slots=True)
class _Loaded:
    pipeline: QwenImagePipeline
    residency: Residency
    scheduler: ResumableScheduler
    few_steps: ResumableScheduler
    forecast: Forecast
    colours: LatentColours
    model: Model
    tier: str


class Engine:
    """Runs text-to-image jobs on one loaded pipeline."""

    def __init__(self, settings: Settings) -> None:
        # Never older than the front's, which has checked the job.
        self._catalogue = read_catalogue(settings.models_dir, fresh_s=0.0)
        self._cache_dir = settings.cache_dir
        self._checkpoint_every_steps = settings.checkpoint_every_steps
        self._compiles = settings.compile
        self._versions = read_library_versions()
        self._loaded: _Loaded | None = None

    def library_versions(self) -> dict[str, str]:
        """Names what is installed."""
        return self._versions

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        """Loads the weights as `tier` says; raises ModelUnreadable, OutOfMemory or what torch raises."""
        entry = self._catalogue.find(model)
        target = to_torch_device(device)
        assembly = plan_assembly(tier, dtype_on(target), target, self._cache_dir)
        pipeline = read_pipeline(entry.path, assembly)
        residency = assembly.reside(budget_bytes)
        hasten(pipeline.vae)
        scheduler = cast("ResumableScheduler", ResumableScheduler.from_config(pipeline.scheduler.config))
        few_steps = schedule_few_steps(pipeline.scheduler.config)
        colours = LatentColours.fit(partial(encode_frame, pipeline.vae), dtype_on(target), target)
        if self._compiles and tier == Tier.FULL:
            compile_blocks(pipeline.transformer)
        forecast = spare_steps(pipeline.transformer)
        self._loaded = _Loaded(pipeline, residency, scheduler, few_steps, forecast, colours, entry, tier)
        return None if target.type == "cpu" else CardMeter()

    def resize(self, budget_bytes: int) -> None:
        """Has the weights hold so much from now on, or the least that they can."""
        if self._loaded is not None:
            self._loaded.residency.set_budget(budget_bytes)

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Paints every seed that `resume_from` has not finished."""
        assert self._loaded is not None, "Load comes before Run"
        job = to_job(GenerateImagesRequest.FromString(request), self._catalogue)
        loras = (*weights_of(job.adapter, job.model), *job.loras)
        with torch.inference_mode(), adapted(self._loaded.pipeline.transformer, loras):
            _Painting(self._loaded, job, self._versions, report, self._checkpoint_every_steps).paint(
                resume_from
            )


class _Painting:
    """One job on its way."""

    def __init__(
        self,
        loaded: _Loaded,
        job: Job,
        versions: dict[str, str],
        report: Reporter,
        checkpoint_every_steps: int,
    ) -> None:
        self._loaded, self._job, self._report = loaded, job, report
        self._finish = Finish(
            job, loaded.tier, versions, take_streamed_bytes=loaded.residency.take_streamed_bytes
        )
        self._fingerprint = job.fingerprint(loaded.tier, versions)
        self._checkpoint_every_steps = checkpoint_every_steps

    def paint(self, resume_from: Checkpoint | None) -> None:
        """Reports one result per seed."""
        point = resume_point(resume_from, self._fingerprint)
        embeddings = self._encode(point.image_index)
        for index in range(point.image_index, len(self._job.seeds)):
            self._paint_one(index, embeddings, point)
            point = ResumePoint()

    def _encode(self, first: int) -> dict[str, Any]:
        """Encodes the prompts once for all seeds."""
        count = len(self._job.seeds)
        self._report.progress(
            Progress(stage=progress_pb2.STAGE_ENCODING, image_index=first, image_count=count)
        )
        started_s = time.monotonic()
        pipeline = self._loaded.pipeline
        embeds, mask = pipeline.encode_prompt(self._job.prompt)
        encoded: dict[str, Any] = {"prompt_embeds": embeds, "prompt_embeds_mask": mask}
        if self._job.guidance_scale > 1:
            embeds, mask = pipeline.encode_prompt(self._job.negative_prompt or _NO_NEGATIVE)
            encoded |= {"negative_prompt_embeds": embeds, "negative_prompt_embeds_mask": mask}
        self._finish.durations_s["encoding"] = time.monotonic() - started_s
        return encoded

    def _paint_one(self, index: int, embeddings: dict[str, Any], point: ResumePoint) -> None:
        job, forecast = self._job, self._loaded.forecast
        scheduler = self._loaded.few_steps if job.adapter else self._loaded.scheduler
        self._loaded.pipeline.scheduler = scheduler
        watch = Watch(
            job, index, self._fingerprint, self._loaded.colours, self._report, self._checkpoint_every_steps
        )
        scheduler.skip, scheduler.on_estimate = point.step, watch.see_estimate
        forecast.begin(job.cache, job.steps, point.step, point.forecast)

        def see_step(
            _pipeline: object, number: int, _time: object, tensors: dict[str, Any]
        ) -> dict[str, Any]:
            forecast.advance()
            watch.see_step(point.step + number + 1, tensors["latents"], forecast.pack)
            return {}

        started_s = time.monotonic()
        painted: Any = self._loaded.pipeline(
            **embeddings,
            true_cfg_scale=job.guidance_scale,
            width=job.width_px,
            height=job.height_px,
            num_inference_steps=job.steps,
            generator=torch.Generator("cpu").manual_seed(job.seeds[index]),
            latents=point.latents,
            # Annotated too narrowly in diffusers 0.42: it gets four arguments and its answer is used.
            callback_on_step_end=cast("Any", see_step),
        )
        ended_s = time.monotonic()
        self._finish.durations_s["denoising"] = watch.last_step_s - started_s
        self._finish.durations_s["decoding"] = ended_s - watch.last_step_s
        self._report.check()
        result = Result(
            image_index=index,
            image=self._finish.encode(index, painted.images[0]),
            seed=job.seeds[index],
        )
        result.provenance.CopyFrom(self._finish.provenance())
        self._report.result(index, result)


if __name__ == "__main__":
    set_up_logs()
    work(Engine(Settings()), "limner-t2i-worker")
