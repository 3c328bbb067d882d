"""Asks the edit service for pictures, and sends it those that a job refers to."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.messages import Message, hear
from gateway.jobs.pictures import fetch
from gateway.jobs.translation import to_controlled, to_edit, to_inpaint, to_layers, to_settings
from gateway.requests import ControlNetRequest, ImageEditRequest, LayersRequest
from limner.edit.v1 import edit_pb2_grpc
from limner.progress.v1 import progress_pb2


async def edit(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it edits; closing hangs up. Raises PictureGone."""
    wanted = ImageEditRequest.model_validate(job.request)
    files = await fetch(images, wanted)
    settings, stub = to_settings(job, wanted, resume_from), edit_pb2_grpc.EditServiceStub(channel)
    if wanted.mask is not None or wanted.outpaint is not None:
        request = to_inpaint(wanted, settings, files)
        async for message in hear(stub.InpaintImage(request)):
            yield message
    else:
        request = to_edit(wanted, settings, files)
        async for message in hear(stub.EditImage(request)):
            yield message


async def control(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it paints under controls; closing hangs up. Raises PictureGone."""
    wanted = ControlNetRequest.model_validate(job.request)
    files = await fetch(images, wanted)
    request = to_controlled(wanted, to_settings(job, wanted, resume_from), files)
    async for message in hear(edit_pb2_grpc.EditServiceStub(channel).GenerateControlled(request)):
        yield message


async def separate(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it takes a picture apart; closing hangs up. Raises PictureGone."""
    wanted = LayersRequest.model_validate(job.request)
    files = await fetch(images, wanted)
    request = to_layers(wanted, to_settings(job, wanted, resume_from), files)
    async for message in hear(edit_pb2_grpc.EditServiceStub(channel).SeparateLayers(request)):
        yield message
