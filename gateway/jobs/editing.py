"""Asks the edit service for pictures, and sends it those that a job refers to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.messages import Message
from gateway.jobs.translation import (
    Files,
    to_controlled,
    to_edit,
    to_inpaint,
    to_layers,
    to_settings,
)
from gateway.requests import (
    ControlNetRequest,
    Entity,
    GenerateRequest,
    ImageEditRequest,
    LayersRequest,
    MaskedRequest,
)
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from limner.progress.v1 import progress_pb2


class PictureGone(Exception):
    """A picture that a job refers to is no longer kept."""

    def __init__(self, image_id: str) -> None:
        super().__init__(f"The picture {image_id} is no longer kept; upload it again and repeat the job.")


async def edit(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it edits; closing hangs up. Raises PictureGone."""
    wanted = ImageEditRequest.model_validate(job.request)
    files = await _fetch(images, referred(wanted))
    settings, stub = to_settings(job, wanted, resume_from), edit_pb2_grpc.EditServiceStub(channel)
    if wanted.mask is not None or wanted.outpaint is not None:
        request = to_inpaint(wanted, settings, files)
        async for response in _hear(stub.InpaintImage(request)):
            yield response
    else:
        request = to_edit(wanted, settings, files)
        async for response in _hear(stub.EditImage(request)):
            yield response


async def control(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it paints under controls; closing hangs up. Raises PictureGone."""
    wanted = ControlNetRequest.model_validate(job.request)
    files = await _fetch(images, referred(wanted))
    request = to_controlled(wanted, to_settings(job, wanted, resume_from), files)
    async for response in _hear(edit_pb2_grpc.EditServiceStub(channel).GenerateControlled(request)):
        yield response


async def separate(
    channel: aio.Channel, job: Job, images: ImageStore, resume_from: progress_pb2.Checkpoint | None
) -> AsyncGenerator[Message]:
    """Yields what the service says while it takes a picture apart; closing hangs up. Raises PictureGone."""
    wanted = LayersRequest.model_validate(job.request)
    files = await _fetch(images, referred(wanted))
    request = to_layers(wanted, to_settings(job, wanted, resume_from), files)
    async for response in _hear(edit_pb2_grpc.EditServiceStub(channel).SeparateLayers(request)):
        yield response


def referred(request: GenerateRequest) -> dict[str, str]:
    """Returns the id of every picture that a request refers to, by the field that names it."""
    found: dict[str, str | None] = {}
    if isinstance(request, MaskedRequest):
        found["mask"] = request.mask
    if isinstance(request, ImageEditRequest):
        found |= {f"images.{index}": image_id for index, image_id in enumerate(request.images)}
        found |= _referred_by(request.entities)
    elif isinstance(request, ControlNetRequest):
        found |= {f"controls.{index}.image": each.image for index, each in enumerate(request.controls)}
        found |= {"init_image": request.init_image, **_referred_by(request.entities)}
    elif isinstance(request, LayersRequest):
        found["image"] = request.image
    return {field: image_id for field, image_id in found.items() if image_id is not None}


_Call = (
    aio.UnaryStreamCall[edit_pb2.EditImageRequest, edit_pb2.EditImageResponse]
    | aio.UnaryStreamCall[edit_pb2.InpaintImageRequest, edit_pb2.InpaintImageResponse]
    | aio.UnaryStreamCall[edit_pb2.GenerateControlledRequest, edit_pb2.GenerateControlledResponse]
    | aio.UnaryStreamCall[edit_pb2.SeparateLayersRequest, edit_pb2.SeparateLayersResponse]
)


async def _hear(call: _Call) -> AsyncGenerator[Message]:
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


async def _fetch(images: ImageStore, ids: Mapping[str, str]) -> Files:
    files: dict[str, bytes] = {}
    for image_id in set(ids.values()):
        data = await images.get(image_id)
        if data is None:
            raise PictureGone(image_id)
        files[image_id] = data
    return files


def _referred_by(entities: Sequence[Entity]) -> dict[str, str | None]:
    return {f"entities.{index}.mask": entity.mask for index, entity in enumerate(entities)}
