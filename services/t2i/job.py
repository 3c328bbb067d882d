"""What a text-to-image request means."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from limner.image.v1.image_pb2 import Size
from limner.t2i.v1 import t2i_pb2
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from services.pipelines import sizing
from services.pipelines.brief import Brief, to_brief
from services.pipelines.catalogue import TEXT_TO_IMAGE, Catalogue
from services.pipelines.leases import Demand
from services.pipelines.loras import choose_loras
from services.pipelines.residence import Need
from services.rpc.errors import InvalidFields

SKILL = TEXT_TO_IMAGE
TIER = "full"
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
        loras=[t2i_pb2.Lora(name=lora.name, weight=lora.weight) for lora in job.loras],
        quality=job.quality,
    )


def need_of(job: Job) -> Need:
    """Returns what the job needs, tier by tier, from the sizes of its files."""
    weights = sizing.read_weights(job.model.path, PARTS)
    # Charged for at least the native size, so that one lease serves the usual jobs.
    bucket_px = max(job.width_px * job.height_px, job.model.limits.native_width_px**2)
    demand = Demand(
        tier=TIER,
        profile=f"{job.model.name}:{job.model.revision}:{TIER}:{bucket_px}",
        resident_bytes=sizing.resident_bytes(weights),
        working_bytes=sizing.working_bytes(weights, bucket_px),
        load_extra_bytes=sizing.load_extra_bytes(weights),
        context_bytes=sizing.CONTEXT_PRIOR_BYTES,
    )
    return Need(job.model.name, (demand,), job.priority)


def weight_bytes_of(job: Job) -> int:
    """Returns how many bytes loading the job's model reads."""
    return sizing.read_weights(job.model.path, PARTS).file_bytes
