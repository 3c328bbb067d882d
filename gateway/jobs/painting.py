"""Asks the text-to-image service for pictures."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.messages import Message, request_id, to_metadata
from gateway.requests import TextToImageRequest
from limner.image.v1 import image_pb2
from limner.progress.v1 import progress_pb2
from limner.t2i.v1 import t2i_pb2, t2i_pb2_grpc


async def paint(
    channel: aio.Channel, job: Job, _images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it makes the images of `job`; closing hangs up."""
    call = t2i_pb2_grpc.TextToImageServiceStub(channel).GenerateImages(to_request(job, resume_from))
    try:
        async for response in call:
            match response.WhichOneof("event"):
                case "progress":
                    yield response.progress
                case "checkpoint":
                    yield response.checkpoint
                case "result":
                    yield response.result
                case None:
                    pass
    finally:
        call.cancel()  # of a call that has ended it says nothing


def to_request(job: Job, resume_from: progress_pb2.Checkpoint | None) -> t2i_pb2.GenerateImagesRequest:
    """Returns the call that makes the images of `job`."""
    wanted = TextToImageRequest.model_validate(job.request)
    first = wanted.seed or 0
    request = t2i_pb2.GenerateImagesRequest(
        request_id=request_id(job),
        prompt=wanted.prompt,
        negative_prompt=wanted.negative_prompt,
        steps=wanted.steps,
        guidance_scale=wanted.guidance_scale,
        quality=wanted.quality,
        tier=wanted.tier,
        seeds=range(first, first + wanted.count),
        model=wanted.model or "",
        priority=t2i_pb2.Priority.ValueType(job.priority),
        metadata={"limner": to_metadata(job)},
        resume_from=resume_from,
        loras=[t2i_pb2.Lora(name=each.name, weight=each.weight) for each in wanted.loras],
    )
    if wanted.width is not None and wanted.height is not None:
        request.size.CopyFrom(image_pb2.Size(width=wanted.width, height=wanted.height))
    return request
