"""Between jobs and the messages of limner.t2i.v1."""

from __future__ import annotations

import base64
import json

from gateway.jobs.job import Job, Progress, Stage
from gateway.schemas import PreviewEvent, TextToImageRequest
from limner.image.v1 import image_pb2
from limner.progress.v1 import progress_pb2
from limner.t2i.v1 import t2i_pb2

# Of the `limner` text in a PNG, which restores the form.
METADATA_VERSION = 1


def to_request(job: Job, resume_from: progress_pb2.Checkpoint | None) -> t2i_pb2.GenerateImagesRequest:
    """Returns the call that makes the images of `job`."""
    wanted = TextToImageRequest.model_validate(job.request)
    first = wanted.seed or 0
    request = t2i_pb2.GenerateImagesRequest(
        # With the attempt in it: a repeat after a lost connection joins the running call, while a new attempt
        # is never answered with what the old one ended in.
        request_id=f"{job.id}.{job.attempt}",
        prompt=wanted.prompt,
        negative_prompt=wanted.negative_prompt,
        steps=wanted.steps,
        guidance_scale=wanted.guidance_scale,
        seeds=range(first, first + wanted.count),
        model=wanted.model or "",
        priority=t2i_pb2.Priority.ValueType(job.priority),
        metadata={"limner": to_metadata(job)},
        resume_from=resume_from,
    )
    if wanted.width is not None and wanted.height is not None:
        request.size.CopyFrom(image_pb2.Size(width=wanted.width, height=wanted.height))
    return request


def resume_point(job: Job, stored: bytes | None) -> progress_pb2.Checkpoint | None:
    """Returns where a new attempt goes on: never behind an image that is already kept."""
    if stored is not None:
        checkpoint = progress_pb2.Checkpoint.FromString(stored)
        if checkpoint.image_index >= len(job.images):
            return checkpoint
    return progress_pb2.Checkpoint(image_index=len(job.images)) if job.images else None


def to_metadata(job: Job) -> str:
    """Returns the PNG text from which a studio restores the form; the same request gives the same file."""
    record = {"version": METADATA_VERSION, "kind": "text-to-image", "request": job.request}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def to_progress(message: progress_pb2.Progress) -> Progress:
    """Returns what the service says of a running job."""
    return Progress(
        stage=_STAGES.get(message.stage, Stage.WAITING),
        step=message.step,
        total_steps=message.total_steps,
        image_index=message.image_index,
        image_count=max(message.image_count, 1),
        queue_position=message.queue_position or None,
        eta_s=message.eta.ToTimedelta().total_seconds() if message.HasField("eta") else None,
        waiting_for=message.waiting_for or None,
    )


def to_preview(job_id: str, message: progress_pb2.Progress) -> PreviewEvent:
    """Returns the small picture that came with a report of progress."""
    image = message.preview
    data = base64.b64encode(image.data).decode()
    return PreviewEvent(
        job_id=job_id,
        image_index=message.image_index,
        step=message.step,
        data_url=f"data:image/{image.format or 'webp'};base64,{data}",
    )


_STAGES = {
    progress_pb2.STAGE_WAITING: Stage.WAITING,
    progress_pb2.STAGE_LOADING: Stage.LOADING,
    progress_pb2.STAGE_ENCODING: Stage.ENCODING,
    progress_pb2.STAGE_DENOISING: Stage.DENOISING,
    progress_pb2.STAGE_DECODING: Stage.DECODING,
    progress_pb2.STAGE_SAVING: Stage.SAVING,
}
