"""The text-to-image worker: diffusers' own QwenImagePipeline, one image after another."""

# pyright: standard
# Torch code: diffusers is typed in part only, so strictness would report its gaps, not ours.
from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from google.protobuf.duration_pb2 import Duration

from limner.image.v1.image_pb2 import Image, Size
from limner.logs import set_up_logs
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Checkpoint, Progress, Provenance
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from services.pipelines.card_memory import CardMeter
from services.pipelines.catalogue import Model, read_catalogue
from services.pipelines.exhaustion import is_exhaustion
from services.pipelines.memory import Meter
from services.pipelines.pixels import describe_parameters, digest, encode_png
from services.pipelines.steps import LatentColours, ResumableScheduler, unpack_latents
from services.pipelines.worker import Reporter, work
from services.rpc.errors import LimnerError, ModelUnreadable
from services.t2i.denoising import Watch
from services.t2i.description import read_library_versions
from services.t2i.job import Job, to_job
from services.t2i.settings import Settings

# Guidance needs a negative prompt; the pipeline takes a blank one, not an empty one, for "none".
_NO_NEGATIVE = " "


@dataclass(frozen=True, slots=True)
class _Loaded:
    pipeline: QwenImagePipeline
    scheduler: ResumableScheduler
    colours: LatentColours
    model: Model
    tier: str


class Engine:
    """Runs text-to-image jobs on one loaded pipeline."""

    def __init__(self, settings: Settings) -> None:
        self._catalogue = read_catalogue(settings.models_dir)
        self._checkpoint_every_steps = settings.checkpoint_every_steps
        self._versions = read_library_versions()
        self._loaded: _Loaded | None = None

    def library_versions(self) -> dict[str, str]:
        """Names what is installed."""
        return self._versions

    def load(self, model: str, tier: str, device: str) -> Meter | None:
        """Makes the weights resident on `device`; raises ModelUnreadable or what torch raises."""
        entry = self._catalogue.find(model)
        target = _to_torch_device(device)
        dtype = torch.float32 if target.type == "cpu" else torch.bfloat16
        pipeline = _read_pipeline(entry.path, dtype).to(target)
        pipeline.set_progress_bar_config(disable=True)
        scheduler = cast("ResumableScheduler", ResumableScheduler.from_config(pipeline.scheduler.config))
        pipeline.scheduler = scheduler
        self._loaded = _Loaded(pipeline, scheduler, LatentColours.fit(pipeline.vae), entry, tier)
        return None if target.type == "cpu" else CardMeter()

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        """Paints every seed that `resume_from` has not finished."""
        assert self._loaded is not None, "Load comes before Run"
        job = to_job(GenerateImagesRequest.FromString(request), self._catalogue)
        with torch.inference_mode():
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
        self._loaded, self._job, self._versions, self._report = loaded, job, versions, report
        self._fingerprint = job.fingerprint(loaded.tier, versions)
        self._checkpoint_every_steps = checkpoint_every_steps
        self._durations_s: dict[str, float] = {}

    def paint(self, resume_from: Checkpoint | None) -> None:
        """Reports one result per seed."""
        first, steps_done, latents = self._read_checkpoint(resume_from)
        embeddings = self._encode(first)
        for index in range(first, len(self._job.seeds)):
            self._paint_one(index, embeddings, steps_done, latents)
            steps_done, latents = 0, None

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
        self._durations_s["encoding"] = time.monotonic() - started_s
        return encoded

    def _paint_one(
        self, index: int, embeddings: dict[str, Any], steps_done: int, latents: torch.Tensor | None
    ) -> None:
        job, scheduler = self._job, self._loaded.scheduler
        watch = Watch(
            job, index, self._fingerprint, self._loaded.colours, self._report, self._checkpoint_every_steps
        )
        scheduler.skip, scheduler.on_estimate = steps_done, watch.see_estimate
        started_s = time.monotonic()
        painted: Any = self._loaded.pipeline(
            **embeddings,
            true_cfg_scale=job.guidance_scale,
            width=job.width_px,
            height=job.height_px,
            num_inference_steps=job.steps,
            generator=torch.Generator("cpu").manual_seed(job.seeds[index]),
            latents=latents,
            # Annotated too narrowly in diffusers 0.42: it gets four arguments and its answer is used.
            callback_on_step_end=cast("Any", watch.see_step),
        )
        ended_s = time.monotonic()
        self._durations_s["denoising"] = watch.last_step_s - started_s
        self._durations_s["decoding"] = ended_s - watch.last_step_s
        self._report.check()
        self._report.result(index, self._to_result(index, painted.images[0]))

    def _to_result(self, index: int, picture: Any) -> Result:
        job = self._job
        settings = {
            "Steps": job.steps,
            "Sampler": "Euler flow matching",
            "CFG scale": job.guidance_scale,
            "Seed": job.seeds[index],
            "Size": f"{job.width_px}x{job.height_px}",
            "Model": job.model.name,
            "Model hash": job.model.revision,
            "Version": "Limner",
        }
        parameters = describe_parameters(job.prompt, job.negative_prompt, settings)
        started_s = time.monotonic()
        data = encode_png(picture, {"parameters": parameters, **dict(job.metadata)})
        self._durations_s["saving"] = time.monotonic() - started_s
        return Result(
            image_index=index,
            image=Image(
                data=data,
                format="png",
                size=Size(width=picture.width, height=picture.height),
                sha256=digest(data),
            ),
            seed=job.seeds[index],
            provenance=Provenance(
                model=job.model.name,
                revision=job.model.revision,
                tier=self._loaded.tier,
                library_versions=self._versions,
                stage_durations={name: _to_duration(spent) for name, spent in self._durations_s.items()},
            ),
        )

    def _read_checkpoint(self, checkpoint: Checkpoint | None) -> tuple[int, int, torch.Tensor | None]:
        """Returns the image to go on with, its finished steps and its latents; none where they do not fit."""
        if checkpoint is None:
            return 0, 0, None
        if not checkpoint.latents or checkpoint.fingerprint != self._fingerprint:
            return checkpoint.image_index, 0, None
        return checkpoint.image_index, checkpoint.step, unpack_latents(checkpoint.latents)


def _read_pipeline(path: Path, dtype: torch.dtype) -> QwenImagePipeline:
    try:
        return QwenImagePipeline.from_pretrained(
            path, torch_dtype=dtype, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        if is_exhaustion(error):
            raise
        raise ModelUnreadable(f"The model in {path.name} cannot be read: {error}", path=path.name) from error


def _to_torch_device(device: str) -> torch.device:
    """Translates the arbiter's name of a device; a card is the only one that this process shall see."""
    if device.startswith("cpu"):
        return torch.device("cpu")
    if torch.cuda.is_initialized():
        raise LimnerError("A worker stays on the card of its first lease.")
    os.environ["CUDA_VISIBLE_DEVICES"] = device
    return torch.device("cuda:0")


def _to_duration(spent_s: float) -> Duration:
    return Duration(nanos=int(spent_s % 1 * 1e9), seconds=int(spent_s))


if __name__ == "__main__":
    set_up_logs()
    work(Engine(Settings()), "limner-t2i-worker")
