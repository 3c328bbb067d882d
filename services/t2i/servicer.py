"""Speaks protobuf for the text-to-image replica; holds no state of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from grpc import aio

from limner.capability.v1 import capability_pb2
from limner.t2i.v1 import t2i_pb2, t2i_pb2_grpc
from limner.worker.v1.worker_pb2 import Event
from services.pipelines.catalogue import Catalogue
from services.pipelines.need import Need
from services.pipelines.replica import Replica, Work
from services.t2i.job import SKILL, need_of, to_job, to_request, weigh

GenerateContext = aio.ServicerContext[t2i_pb2.GenerateImagesRequest, t2i_pb2.GenerateImagesResponse]


@dataclass(frozen=True, slots=True)
class TextToImage(t2i_pb2_grpc.TextToImageServiceServicer):
    """Translates between the contract and the replica."""

    replica: Replica
    catalogue: Catalogue

    async def GenerateImages(
        self, request: t2i_pb2.GenerateImagesRequest, context: GenerateContext
    ) -> AsyncIterator[t2i_pb2.GenerateImagesResponse]:
        """Streams one job; see the contract."""
        job = to_job(request, self.catalogue)
        asked = t2i_pb2.GenerateImagesRequest()
        asked.CopyFrom(request)
        asked.ClearField("resume_from")
        resume_from = request.resume_from if request.HasField("resume_from") else None
        work = Work(
            job.request_id, asked, to_request(job), need_of(job), weigh(job.model).file_bytes, resume_from
        )
        async for event in self.replica.run(work):
            yield _to_response(event)


def quoted_need(request: capability_pb2.QuoteRequest, catalogue: Catalogue) -> Need:
    """Returns what a text-to-image request like that would need."""
    sample = t2i_pb2.GenerateImagesRequest(prompt=SKILL, model=request.model)
    if request.HasField("size"):
        sample.size.CopyFrom(request.size)
    if request.steps:
        sample.steps = request.steps
    sample.tier = request.tier
    return need_of(to_job(sample, catalogue))


def _to_response(event: Event) -> t2i_pb2.GenerateImagesResponse:
    if event.HasField("result"):
        result = t2i_pb2.Result.FromString(event.result.result)
        result.provenance.MergeFrom(event.result.provenance)
        return t2i_pb2.GenerateImagesResponse(result=result)
    if event.HasField("checkpoint"):
        return t2i_pb2.GenerateImagesResponse(checkpoint=event.checkpoint)
    return t2i_pb2.GenerateImagesResponse(progress=event.progress)
