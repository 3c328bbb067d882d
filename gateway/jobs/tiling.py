"""Asks the tiling service for pictures larger than a model, and sends it those that a job refers to."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.messages import Message, hear
from gateway.jobs.pictures import fetch
from gateway.jobs.translation import to_settings, to_tiled, to_upscaled
from gateway.requests import TiledRequest
from limner.progress.v1 import progress_pb2
from limner.tiling.v1 import tiling_pb2_grpc


async def tile(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it paints or enlarges; closing hangs up. Raises PictureGone."""
    wanted = TiledRequest.model_validate(job.request)
    files = await fetch(images, wanted)
    settings, stub = to_settings(job, wanted, resume_from), tiling_pb2_grpc.TilingServiceStub(channel)
    if wanted.image is not None:
        async for message in hear(stub.UpscaleTiled(to_upscaled(wanted, settings, files))):
            yield message
    else:
        async for message in hear(stub.GenerateTiled(to_tiled(wanted, settings, files))):
            yield message
