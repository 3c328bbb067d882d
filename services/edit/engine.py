"""The edit worker: DiffSynth's own QwenImagePipeline, one image after another."""

# pyright: standard
# Torch code: DiffSynth is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import time
from dataclasses import dataclass
from typing import cast

import torch
from diffsynth.pipelines.qwen_image import QwenImagePipeline
from PIL.Image import Image as Picture

from limner.edit.v1 import edit_pb2
from limner.logs import set_up_logs
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint, Progress
from services.edit.arrangement import Arrangement, arrange
from services.edit.description import read_library_versions
from services.edit.job import Job, digest_inputs
from services.edit.reading import to_job
from services.edit.settings import Settings
from services.pipelines.card_memory import CardMeter
from services.pipelines.device import dtype_on, to_torch_device
from services.pipelines.finish import Finish
from services.pipelines.frame import hasten
from services.pipelines.lowrank import adapted
from services.pipelines.memory import Meter
from services.pipelines.recipes import weights_of
from services.pipelines.steps import LatentColours, ResumePoint, resume_point
from services.pipelines.stock import read_catalogue
from services.pipelines.watch import Watch
from services.pipelines.weights.loading import plan_assembly
from services.pipelines.weights.residency import Residency
from services.pipelines.worker import Reporter, work
from services.synthesis import compatibility
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import StepSeam, install, schedule
from services.synthesis.layers import colour_encoder, lay_out
from services.synthesis.loading import find_controls, read_pipeline
from services.synthesis.prompts import PromptMemory, remember_prompts

# Guidance compares with "nothing in particular", which the models know as a blank, not as an empty text.
_NO_NEGATIVE = " "


@dataclass(frozen=True, slots=True)
class _Loaded:
    pipeline: QwenImagePipeline
    residency: Residency
    seam: StepSeam
    memory: PromptMemory
    adapters: Adapters
    colours: LatentColours
    control_kinds: tuple[str, ...]  # in the order of their ids
    zero_cond_t: bool
    tier: str


class Engine:
    """Runs edit jobs on one loaded pipeline."""

    def __init__(self, settings: Settings) -> None:
        # Never older than the front's, which has checked the job.
        self._catalogue = read_catalogue(settings.models_dir, fresh_s=0.0)
        self._cache_dir = settings.cache_dir
        self._checkpoint_every_steps = settings.checkpoint_every_steps
        self._versions = read_library_versions()
        self._loaded: _Loaded | None = None

    def library_versions(self) -> dict[str, str]:
        """Names what is installed."""
        return self._versions

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> Meter | None:
        """Loads the weights as `tier` says; raises ModelUnreadable, OutOfMemory or what torch raises."""
        entry = self._catalogue.find(model)
        target = to_torch_device(device)
        compatibility.mend()
        assembly = plan_assembly(tier, dtype_on(target), target, self._cache_dir)
        pipeline = read_pipeline(entry.path, assembly)
        residency = assembly.reside(budget_bytes)
        hasten(pipeline.vae)
        compatibility.attach_image_positions(pipeline)
        self._loaded = _Loaded(
            pipeline,
            residency,
            install(pipeline),
            remember_prompts(pipeline),
            Adapters.inject(pipeline.dit, entry.path / "adapters"),
            LatentColours.fit(colour_encoder(pipeline.vae), dtype_on(target), target),
            tuple(control.name for control in find_controls(entry.path)),
            compatibility.find_zero_cond_t(entry.path),
            tier,
        )
        return None if target.type == "cpu" else CardMeter()

    def resize(self, budget_bytes: int) -> None:
        """Has the weights hold so much from now on, or the least that they can."""
        if self._loaded is not None:
            self._loaded.residency.set_budget(budget_bytes)

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Paints every seed that `resume_from` has not finished."""
        assert self._loaded is not None, "Load comes before Run"
        task = edit_pb2.Task.FromString(request)
        job = to_job(task, self._catalogue)
        few_steps = weights_of(job.brief.adapter, job.brief.model)
        schedule(self._loaded.pipeline, few_steps=bool(few_steps))
        with (
            torch.inference_mode(),
            self._loaded.adapters.active(job.adapter_scales),
            adapted(self._loaded.pipeline.dit, few_steps),
        ):
            finish = Finish(
                job.brief,
                self._loaded.tier,
                self._versions,
                take_streamed_bytes=self._loaded.residency.take_streamed_bytes,
            )
            fingerprint = job.brief.fingerprint(self._loaded.tier, self._versions, digest_inputs(task))
            painting = _Painting(self._loaded, job, finish, fingerprint, report, self._checkpoint_every_steps)
            try:
                painting.paint(resume_from)
            finally:
                self._loaded.memory.forget()


class _Painting:
    """One job on its way."""

    def __init__(
        self,
        loaded: _Loaded,
        job: Job,
        finish: Finish,
        fingerprint: str,
        report: Reporter,
        checkpoint_every_steps: int,
    ) -> None:
        self._loaded, self._job, self._report = loaded, job, report
        self._finish, self._fingerprint = finish, fingerprint
        self._checkpoint_every_steps = checkpoint_every_steps
        self._per_seed = job.layer_count or 1

    def paint(self, resume_from: Checkpoint | None) -> None:
        """Reports the results of each seed: one, or its layers."""
        point = resume_point(resume_from, self._fingerprint)
        # Where only some layers of a seed were delivered, all are made again: they come from one run.
        first, count = point.image_index // self._per_seed, len(self._job.brief.seeds)
        self._report.progress(
            Progress(
                stage=progress_pb2.STAGE_ENCODING,
                image_index=first * self._per_seed,
                image_count=count * self._per_seed,
                images_at_once=self._per_seed,
            )
        )
        started_s = time.monotonic()
        arrangement = arrange(self._job, self._loaded.control_kinds)
        self._finish.durations_s["encoding"] = time.monotonic() - started_s
        for index in range(first, count):
            self._paint_one(index, arrangement, point)
            point = ResumePoint()

    def _paint_one(self, index: int, arrangement: Arrangement, point: ResumePoint) -> None:
        brief, loaded = self._job.brief, self._loaded
        watch = Watch(
            brief,
            index,
            self._fingerprint,
            loaded.colours,
            self._report,
            self._checkpoint_every_steps,
            self._per_seed,
        )

        def see_step(step: int, latents: torch.Tensor, estimate: torch.Tensor) -> None:
            watch.see_estimate(step, lay_out(estimate))
            watch.see_step(step, latents, loaded.seam.forecast.pack)

        loaded.seam.begin(point.step, point.latents, see_step)
        loaded.seam.forecast.begin(brief.cache, brief.steps, point.step, point.forecast)
        started_s = time.monotonic()
        painted = loaded.pipeline(
            arrangement.prompt,
            negative_prompt=brief.negative_prompt or _NO_NEGATIVE,
            cfg_scale=brief.guidance_scale,
            seed=brief.seeds[index],
            num_inference_steps=brief.steps,
            zero_cond_t=loaded.zero_cond_t,
            **arrangement.arguments,
        )
        ended_s = time.monotonic()
        self._finish.durations_s["denoising"] = watch.last_step_s - started_s
        self._finish.durations_s["decoding"] = ended_s - watch.last_step_s
        self._report.check()
        for layer, picture in enumerate(arrangement.finish(cast("Picture | list[Picture]", painted))):
            self._hand_over(index, layer, picture)

    def _hand_over(self, index: int, layer: int, picture: Picture) -> None:
        number = index * self._per_seed + layer
        told = {"Layer": f"{layer + 1} of {self._per_seed}"} if self._job.layer_count else {}
        image = self._finish.encode(index, picture, **told)
        result = edit_pb2.Result(image_index=number, image=image, seed=self._job.brief.seeds[index])
        result.provenance.CopyFrom(self._finish.provenance())
        self._report.result(number, result)


if __name__ == "__main__":
    set_up_logs()
    work(Engine(Settings()), "limner-edit-worker")
