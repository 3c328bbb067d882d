"""What a text-to-image request means."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from limner.image.v1.image_pb2 import Size
from limner.models.activations import Shape
from limner.models.sizes import Sizes
from limner.models.weighing import read_sizes
from limner.t2i.v1 import t2i_pb2
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines import sizing
from services.pipelines.brief import Brief, to_brief
from services.pipelines.catalogue import TEXT_TO_IMAGE, Catalogue, Model
from services.pipelines.loras import choose_loras
from services.pipelines.need import Need
from services.rpc.errors import InvalidFields

SKILL = TEXT_TO_IMAGE
PARTS = ("transformer", "text_encoder", "vae")

Job: TypeAlias = Brief


def to_job(request: GenerateImagesRequest, catalogue: Catalogue) -> Job:
    """Checks `request` and fills in the model's defaults.

    Raises ModelNotFound, or InvalidFields with every wrong field at once.
    """
    job = to_brief(request, catalogue)
    loras, violations = choose_loras(request.loras, job.model)
    if violations:
        raise InvalidFields(violations)
    return replace(job, loras=loras)


def to_request(job: Job) -> GenerateImagesRequest:
    """Returns the request with nothing left open, as the worker gets it."""
    return GenerateImagesRequest(
        request_id=job.request_id,
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        size=Size(width=job.width_px, height=job.height_px),
        steps=job.steps,
        guidance_scale=job.guidance_scale,
        seeds=job.seeds,
        model=job.model.name,
        priority=t2i_pb2.Priority.ValueType(job.priority),
        metadata=dict(job.metadata),
        quality=job.quality,
        tier=job.tier,
        loras=[t2i_pb2.Lora(name=lora.name, weight=lora.weight) for lora in job.loras],
    )


def need_of(job: Job) -> Need:
    """Returns what the job needs, tier by tier, from the sizes of its files."""
    bucket = sizing.Bucket.of(job.model, job.width_px, job.height_px)
    profile = f"{job.model.name}:{job.model.revision}:{bucket.width_px * bucket.height_px}"
    shape = Shape(bucket.width_px, bucket.height_px)
    return sizing.need_of(job.model, profile, weigh(job.model), shape, job.priority, job.tier)


def weigh(model: Model) -> Sizes:
    """Returns how large the parts are that this service loads."""
    return read_sizes(model.name, model.revision, model.path, PARTS)
