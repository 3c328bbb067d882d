"""Speaks protobuf for the tiling replica; holds no state of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from grpc import aio

from limner.capability.v1 import capability_pb2
from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Size
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.tiling.v1 import tiling_pb2, tiling_pb2_grpc
from limner.worker.v1 import worker_pb2
from services.pipelines.catalogue import Catalogue
from services.pipelines.need import Need
from services.pipelines.replica import Replica, Work
from services.tiling.job import need_of, settings_of, to_task, weigh
from services.tiling.reading import to_job

GenerateContext = aio.ServicerContext[tiling_pb2.GenerateTiledRequest, tiling_pb2.GenerateTiledResponse]
UpscaleContext = aio.ServicerContext[tiling_pb2.UpscaleTiledRequest, tiling_pb2.UpscaleTiledResponse]


@dataclass(frozen=True, slots=True)
class Tiling(tiling_pb2_grpc.TilingServiceServicer):
    """Translates between the contract and the replica."""

    replica: Replica
    catalogue: Catalogue

    async def GenerateTiled(
        self, request: tiling_pb2.GenerateTiledRequest, context: GenerateContext
    ) -> AsyncIterator[tiling_pb2.GenerateTiledResponse]:
        async for event in self._run(tiling_pb2.Task(generate=request)):
            yield tiling_pb2.GenerateTiledResponse(event=event)

    async def UpscaleTiled(
        self, request: tiling_pb2.UpscaleTiledRequest, context: UpscaleContext
    ) -> AsyncIterator[tiling_pb2.UpscaleTiledResponse]:
        async for event in self._run(tiling_pb2.Task(upscale=request)):
            yield tiling_pb2.UpscaleTiledResponse(event=event)

    async def _run(self, task: tiling_pb2.Task) -> AsyncIterator[tiling_pb2.Event]:
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
    """Returns what a picture of that size would need."""
    limits = catalogue.find(request.model).limits
    settings = edit_pb2.Settings(prompt="-", model=request.model, tier=request.tier)
    native = Size(width=limits.native_width_px, height=limits.native_height_px)
    settings.size.CopyFrom(request.size if request.HasField("size") else native)
    task = tiling_pb2.Task(generate=tiling_pb2.GenerateTiledRequest(settings=settings))
    return need_of(to_job(task, catalogue))


def _to_event(event: worker_pb2.Event) -> tiling_pb2.Event:
    if event.HasField("result"):
        result = edit_pb2.Result.FromString(event.result.result)
        result.provenance.MergeFrom(event.result.provenance)
        return tiling_pb2.Event(result=result)
    if event.HasField("checkpoint"):
        return tiling_pb2.Event(checkpoint=event.checkpoint)
    return tiling_pb2.Event(progress=event.progress)
