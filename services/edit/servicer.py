"""Speaks protobuf for the edit replica; holds no state of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from grpc import aio

from limner.capability.v1 import capability_pb2
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from limner.failure import Violation
from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.worker.v1 import worker_pb2
from services.edit.job import need_of, need_of_like, settings_of, to_task, weigh
from services.edit.reading import LAYERS_MAX, LAYERS_USUAL, REGIONS_MAX, to_job
from services.pipelines.brief import Brief, to_brief
from services.pipelines.catalogue import EDIT, LAYERS, Catalogue
from services.pipelines.need import Need
from services.pipelines.pixels import encode_png
from services.pipelines.replica import Replica, Work
from services.rpc.errors import InvalidFields
from services.synthesis.pictures import decode, flatten, look_at
from services.synthesis.preprocessing import preprocess

_PICTURES_MAX = 16  # References, controls and a start image together are fewer.
_SIDE_MAX_PX = 8192

EditContext = aio.ServicerContext[edit_pb2.EditImageRequest, edit_pb2.EditImageResponse]
InpaintContext = aio.ServicerContext[edit_pb2.InpaintImageRequest, edit_pb2.InpaintImageResponse]
ControlledContext = aio.ServicerContext[
    edit_pb2.GenerateControlledRequest, edit_pb2.GenerateControlledResponse
]
LayersContext = aio.ServicerContext[edit_pb2.SeparateLayersRequest, edit_pb2.SeparateLayersResponse]
PreprocessContext = aio.ServicerContext[edit_pb2.PreprocessControlRequest, edit_pb2.PreprocessControlResponse]


@dataclass(frozen=True, slots=True)
class Edit(edit_pb2_grpc.EditServiceServicer):
    """Translates between the contract and the replica."""

    replica: Replica
    catalogue: Catalogue

    async def EditImage(
        self, request: edit_pb2.EditImageRequest, context: EditContext
    ) -> AsyncIterator[edit_pb2.EditImageResponse]:
        async for event in self._run(edit_pb2.Task(edit=request)):
            yield edit_pb2.EditImageResponse(event=event)

    async def InpaintImage(
        self, request: edit_pb2.InpaintImageRequest, context: InpaintContext
    ) -> AsyncIterator[edit_pb2.InpaintImageResponse]:
        async for event in self._run(edit_pb2.Task(inpaint=request)):
            yield edit_pb2.InpaintImageResponse(event=event)

    async def GenerateControlled(
        self, request: edit_pb2.GenerateControlledRequest, context: ControlledContext
    ) -> AsyncIterator[edit_pb2.GenerateControlledResponse]:
        async for event in self._run(edit_pb2.Task(controlled=request)):
            yield edit_pb2.GenerateControlledResponse(event=event)

    async def SeparateLayers(
        self, request: edit_pb2.SeparateLayersRequest, context: LayersContext
    ) -> AsyncIterator[edit_pb2.SeparateLayersResponse]:
        async for event in self._run(edit_pb2.Task(layers=request)):
            yield edit_pb2.SeparateLayersResponse(event=event)

    async def PreprocessControl(
        self, request: edit_pb2.PreprocessControlRequest, context: PreprocessContext
    ) -> edit_pb2.PreprocessControlResponse:
        return await asyncio.to_thread(_preprocess, request)

    async def _run(self, task: edit_pb2.Task) -> AsyncIterator[edit_pb2.Event]:
        job = await asyncio.to_thread(to_job, task, self.catalogue)
        settings = settings_of(task)
        resume_from = Checkpoint()
        if resumes := settings.HasField("resume_from"):
            resume_from.CopyFrom(settings.resume_from)
            settings.ClearField("resume_from")
        work = Work(
            job.brief.request_id,
            task,
            to_task(task, job.brief),
            need_of(job),
            weigh(job.brief.model).file_bytes,
            resume_from if resumes else None,
        )
        async for event in self.replica.run(work):
            yield _to_event(event)


def quoted_need(request: capability_pb2.QuoteRequest, catalogue: Catalogue) -> Need:
    """Returns what an edit of one picture of that size, or taking it apart, would need."""
    if violations := _find_odd(request):
        raise InvalidFields(violations)
    settings = edit_pb2.Settings(prompt=EDIT, model=request.model)
    if request.HasField("size"):
        settings.size.CopyFrom(request.size)
    if request.steps:
        settings.steps = request.steps
    settings.tier = request.tier
    brief: Brief = to_brief(settings, catalogue)
    layer_count = (request.layers or LAYERS_USUAL) if LAYERS in brief.model.skills else 0
    pictures_px = tuple(each.width * each.height for each in request.pictures)
    return need_of_like(brief, pictures_px, request.regions, layer_count)


def _find_odd(request: capability_pb2.QuoteRequest) -> list[Violation]:
    """Returns what no request could have, which a quote would count with."""
    found: list[Violation] = []
    for field, count, most in (
        ("pictures", len(request.pictures), _PICTURES_MAX),
        ("regions", request.regions, REGIONS_MAX),
        ("layers", request.layers, LAYERS_MAX),
    ):
        if not 0 <= count <= most:
            found.append(Violation(field, f"{field} is {count}; use 0 to {most}."))
    found += [
        Violation(f"pictures[{index}]", f"it is {each.width} × {each.height} px; use 1 to {_SIDE_MAX_PX}.")
        for index, each in enumerate(request.pictures)
        if not (0 < each.width <= _SIDE_MAX_PX and 0 < each.height <= _SIDE_MAX_PX)
    ]
    return found


def _preprocess(request: edit_pb2.PreprocessControlRequest) -> edit_pb2.PreprocessControlResponse:
    picture = look_at(request.image, "image")
    if isinstance(picture, Violation):
        raise InvalidFields([picture])
    control = preprocess(request.kind, flatten(decode(picture)), request.parameters)
    size = Size(width=control.width, height=control.height)
    return edit_pb2.PreprocessControlResponse(
        image=Image(data=encode_png(control, {}), format="png", size=size)
    )


def _to_event(event: worker_pb2.Event) -> edit_pb2.Event:
    if event.HasField("result"):
        result = edit_pb2.Result.FromString(event.result.result)
        result.provenance.MergeFrom(event.result.provenance)
        return edit_pb2.Event(result=result)
    if event.HasField("checkpoint"):
        return edit_pb2.Event(checkpoint=event.checkpoint)
    return edit_pb2.Event(progress=event.progress)
