"""What every call to a service says and hears."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncGenerator
from typing import TypeAlias

from grpc import aio

from gateway.jobs.job import Job, Progress, Stage
from gateway.schemas import PreviewEvent
from limner.edit.v1 import edit_pb2
from limner.progress.v1 import progress_pb2
from limner.t2i.v1 import t2i_pb2
from limner.tiling.v1 import tiling_pb2

Result: TypeAlias = t2i_pb2.Result | edit_pb2.Result
Message: TypeAlias = progress_pb2.Progress | progress_pb2.Checkpoint | Result

_Call = (
    aio.UnaryStreamCall[edit_pb2.EditImageRequest, edit_pb2.EditImageResponse]
    | aio.UnaryStreamCall[edit_pb2.InpaintImageRequest, edit_pb2.InpaintImageResponse]
    | aio.UnaryStreamCall[edit_pb2.GenerateControlledRequest, edit_pb2.GenerateControlledResponse]
    | aio.UnaryStreamCall[edit_pb2.SeparateLayersRequest, edit_pb2.SeparateLayersResponse]
    | aio.UnaryStreamCall[tiling_pb2.GenerateTiledRequest, tiling_pb2.GenerateTiledResponse]
    | aio.UnaryStreamCall[tiling_pb2.UpscaleTiledRequest, tiling_pb2.UpscaleTiledResponse]
)

# Of the `limner` text in a PNG, which restores the form.
METADATA_VERSION = 1


def request_id(job: Job) -> str:
    """Returns the name of this attempt.

    A repeat after a lost connection joins the running call, while a new attempt is never answered with what
    the old one ended in.
    """
    return f"{job.id}.{job.attempt}"


def resume_point(job: Job, stored: bytes | None) -> progress_pb2.Checkpoint | None:
    """Returns where a new attempt goes on: never behind an image that is already kept."""
    if stored is not None:
        checkpoint = progress_pb2.Checkpoint.FromString(stored)
        if checkpoint.image_index >= len(job.images):
            return checkpoint
    return progress_pb2.Checkpoint(image_index=len(job.images)) if job.images else None


def to_metadata(job: Job) -> str:
    """Returns the PNG text from which a studio restores the form; the same request gives the same file."""
    record = {"version": METADATA_VERSION, "kind": job.kind, "request": job.request}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


async def hear(call: _Call) -> AsyncGenerator[Message]:
    """Yields what a service says; closing hangs up."""
    try:
        async for response in call:
            event = response.event
            match event.WhichOneof("kind"):
                case "progress":
                    yield event.progress
                case "checkpoint":
                    yield event.checkpoint
                case "result":
                    yield event.result
                case None:
                    pass
    finally:
        call.cancel()  # of a call that has ended it says nothing


def to_progress(message: progress_pb2.Progress) -> Progress:
    """Returns what the service says of a running job."""
    return Progress(
        stage=_STAGES.get(message.stage, Stage.WAITING),
        step=message.step,
        total_steps=message.total_steps,
        image_index=message.image_index,
        image_count=max(message.image_count, 1),
        images_at_once=max(message.images_at_once, 1),
        tile=message.tile,
        tile_count=message.tile_count,
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
