"""Inner values as REST shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from gateway import schemas
from gateway.jobs.job import Job, Picture
from gateway.jobs.performance import Performance
from gateway.replicas import Service
from gateway.requests import Priority, Quality
from limner.capability.v1 import capability_pb2

_PRIORITY_NAMES: dict[int, Priority] = {1: "background", 2: "normal", 3: "interactive"}


def show_job(job: Job) -> schemas.Job:
    """Returns the public shape of `job`."""
    return schemas.Job(
        id=job.id,
        kind=job.kind,
        status=job.state,
        progress=schemas.JobProgress.model_validate(job.progress, from_attributes=True),
        request=job.request,
        images=[show_picture(picture) for picture in job.images],
        error=schemas.JobError(code=job.fault.code, message=job.fault.message) if job.fault else None,
        performance=_show_performance(job.performance) if job.performance else None,
        tier=job.performance.tier or None if job.performance else None,
        tier_reason=job.performance.tier_reason or None if job.performance else None,
        priority=_PRIORITY_NAMES[job.priority],
        batch=job.batch,
        favourite=job.is_favourite,
        created_at=show_time(job.created_at),
        started_at=show_time(job.started_at) if job.started_at is not None else None,
        finished_at=show_time(job.finished_at) if job.finished_at is not None else None,
    )


def _show_performance(performance: Performance) -> schemas.JobPerformance:
    return schemas.JobPerformance.model_validate(performance, from_attributes=True)


def show_picture(picture: Picture) -> schemas.JobImage:
    """Returns the public shape of one finished image."""
    return schemas.JobImage(
        id=picture.id,
        url=f"/images/{picture.id}",
        width=picture.width,
        height=picture.height,
        seed=picture.seed,
    )


def show_time(seconds: float) -> datetime:
    """Returns the moment that many seconds after the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


def show_model(model: capability_pb2.Model) -> schemas.Model:
    """Returns the public shape of a model and its limits."""
    return schemas.Model(
        name=model.name,
        title=model.title,
        license=model.license,
        commercial_use=model.commercial_use,
        revision=model.revision,
        weight_bytes=model.weight_bytes,
        width=model.native_size.width,
        height=model.native_size.height,
        min_side_px=model.min_side_px,
        max_side_px=model.max_side_px,
        size_multiple_px=model.size_multiple_px,
        max_tile_px=model.max_tile_px or None,
        default_steps=model.default_steps,
        default_guidance_scale=model.default_guidance_scale,
        default_edit_guidance_scale=model.default_edit_guidance_scale,
        presets=[_show_preset(preset) for preset in model.presets],
        tiers=list(model.tiers),
        example_prompts=list(model.example_prompts),
        features=list(model.features),
    )


def _show_preset(preset: capability_pb2.Preset) -> schemas.Preset:
    return schemas.Preset(
        quality=cast("Quality", preset.quality),
        steps=preset.steps,
        guidance_scale=preset.guidance_scale,
        edit_guidance_scale=preset.edit_guidance_scale,
        computed_steps=preset.computed_steps,
        adapter=preset.adapter or None,
        relative_seconds=preset.relative_seconds,
        measured=preset.measured,
        adherence=preset.adherence or None,
    )


def show_capability(described: capability_pb2.DescribeResponse, replicas: int) -> schemas.Capability:
    """Returns a service that answers."""
    return schemas.Capability(
        name=described.capability,
        available=True,
        reason=None,
        models=[show_model(model) for model in described.models],
        features=[
            schemas.Feature(name=feature.name, enabled=feature.enabled, reason=feature.reason or None)
            for feature in described.features
        ],
        library_versions=dict(described.library_versions),
        warm_model=described.warm_model or None,
        replicas=replicas,
    )


def show_lost_capability(
    service: Service, described: capability_pb2.DescribeResponse | None, replicas: int
) -> schemas.Capability:
    """Returns a service that does not answer: what it could do before, switched off."""
    state = (
        f"The {service.title} service is not answering"
        if replicas
        else f"No {service.title} service is running"
    )
    reason = f"{state}; jobs sent now start as soon as {'it does' if replicas else 'one is'}."
    names = [feature.name for feature in described.features] if described is not None else [service.feature]
    return schemas.Capability(
        name=service.name,
        available=False,
        reason=reason,
        models=[show_model(model) for model in described.models] if described is not None else [],
        features=[schemas.Feature(name=name, enabled=False, reason=reason) for name in names],
        library_versions=dict(described.library_versions) if described is not None else {},
        warm_model=None,
        replicas=replicas,
    )
