"""Asks the edit service for pictures, and sends it those that a job refers to."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence

from grpc import aio

from gateway.images import ImageStore
from gateway.jobs.job import Job
from gateway.jobs.messages import Message, request_id, to_metadata
from gateway.requests import (
    Control,
    ControlNetRequest,
    Entity,
    GenerateRequest,
    ImageEditRequest,
    MaskedRequest,
)
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from limner.image.v1.image_pb2 import Box, Image, Mask, Size
from limner.progress.v1 import progress_pb2

Files = Mapping[str, bytes]


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
    settings, stub = _settings(job, wanted, resume_from), edit_pb2_grpc.EditServiceStub(channel)
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
    request = to_controlled(wanted, _settings(job, wanted, resume_from), files)
    async for response in _hear(edit_pb2_grpc.EditServiceStub(channel).GenerateControlled(request)):
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
    return {field: image_id for field, image_id in found.items() if image_id is not None}


def to_edit(wanted: ImageEditRequest, settings: edit_pb2.Settings, files: Files) -> edit_pb2.EditImageRequest:
    """Returns the call for an instruction, or for painting over."""
    return edit_pb2.EditImageRequest(
        settings=settings,
        images=[_png(files[image_id]) for image_id in wanted.images],
        strength=wanted.strength or 0,
        entities=_to_entities(wanted.entities, files),
    )


def to_inpaint(
    wanted: ImageEditRequest, settings: edit_pb2.Settings, files: Files
) -> edit_pb2.InpaintImageRequest:
    """Returns the call for a mask or for outpainting."""
    request = edit_pb2.InpaintImageRequest(
        settings=settings,
        image=_png(files[wanted.images[0]]),
        strength=wanted.strength or 0,
        entities=_to_entities(wanted.entities, files),
    )
    if wanted.mask is not None:
        request.mask.CopyFrom(_to_mask(wanted, files))
    elif wanted.outpaint is not None:
        request.outpaint.CopyFrom(edit_pb2.Outpaint(**wanted.outpaint.model_dump()))
    return request


def to_controlled(
    wanted: ControlNetRequest, settings: edit_pb2.Settings, files: Files
) -> edit_pb2.GenerateControlledRequest:
    """Returns the call for painting under controls and entities."""
    return edit_pb2.GenerateControlledRequest(
        settings=settings,
        controls=[_to_control(each, files) for each in wanted.controls],
        entities=_to_entities(wanted.entities, files),
        entities_on_negative=wanted.entities_on_negative,
        start_image=_png(files[wanted.init_image]) if wanted.init_image is not None else None,
        mask=_to_mask(wanted, files) if wanted.mask is not None else None,
        strength=wanted.strength or 0,
    )


_Call = (
    aio.UnaryStreamCall[edit_pb2.EditImageRequest, edit_pb2.EditImageResponse]
    | aio.UnaryStreamCall[edit_pb2.InpaintImageRequest, edit_pb2.InpaintImageResponse]
    | aio.UnaryStreamCall[edit_pb2.GenerateControlledRequest, edit_pb2.GenerateControlledResponse]
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


def _settings(
    job: Job, wanted: GenerateRequest, resume_from: progress_pb2.Checkpoint | None
) -> edit_pb2.Settings:
    first = wanted.seed or 0
    settings = edit_pb2.Settings(
        request_id=request_id(job),
        prompt=wanted.prompt,
        negative_prompt=wanted.negative_prompt,
        steps=wanted.steps,
        guidance_scale=wanted.guidance_scale,
        seeds=range(first, first + wanted.count),
        model=wanted.model or "",
        priority=edit_pb2.Priority.ValueType(job.priority),
        metadata={"limner": to_metadata(job)},
        resume_from=resume_from,
    )
    if wanted.width is not None and wanted.height is not None:
        settings.size.CopyFrom(Size(width=wanted.width, height=wanted.height))
    return settings


def _referred_by(entities: Sequence[Entity]) -> dict[str, str | None]:
    return {f"entities.{index}.mask": entity.mask for index, entity in enumerate(entities)}


def _to_entities(entities: Sequence[Entity], files: Files) -> list[edit_pb2.Entity]:
    return [edit_pb2.Entity(prompt=each.prompt, mask=_to_region(each, files)) for each in entities]


def _to_region(entity: Entity, files: Files) -> Mask:
    if entity.box is not None:
        return Mask(box=Box(**entity.box.model_dump()))
    return Mask(image=_png(files[entity.mask or ""]))


def _to_mask(wanted: MaskedRequest, files: Files) -> Mask:
    return Mask(
        image=_png(files[wanted.mask or ""]),
        feather_px=wanted.mask_feather_px,
        grow_px=wanted.mask_grow_px,
    )


def _to_control(wanted: Control, files: Files) -> edit_pb2.Control:
    return edit_pb2.Control(
        kind=wanted.kind,
        image=_png(files[wanted.image]),
        preprocess=wanted.preprocess,
        scale=wanted.scale,
        start=wanted.start,
        end=wanted.end,
    )


def _png(data: bytes) -> Image:
    return Image(data=data, format="png")
