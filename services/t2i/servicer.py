"""Speaks protobuf for the text-to-image replica; holds no state of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grpc import StatusCode, aio

from limner.arbiter.v1 import arbiter_pb2
from limner.capability.v1 import capability_pb2, capability_pb2_grpc
from limner.t2i.v1 import t2i_pb2, t2i_pb2_grpc
from limner.worker.v1.worker_pb2 import Event
from services.pipelines import leases
from services.pipelines.catalogue import Catalogue
from services.pipelines.replica import Replica, Work
from services.rpc import errors
from services.t2i.description import FEATURE, describe
from services.t2i.job import need_of, to_job, to_request, weight_bytes_of

if TYPE_CHECKING:
    # The stub's asynchronous face exists for the type checker only.
    from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceAsyncStub

GenerateContext = aio.ServicerContext[t2i_pb2.GenerateImagesRequest, t2i_pb2.GenerateImagesResponse]
DescribeContext = aio.ServicerContext[capability_pb2.DescribeRequest, capability_pb2.DescribeResponse]
QuoteContext = aio.ServicerContext[capability_pb2.QuoteRequest, capability_pb2.QuoteResponse]

_PATIENCE_S = 5.0  # With an arbiter that is starting.
_UNREACHABLE = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}


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
        work = Work(job.request_id, asked, to_request(job), need_of(job), weight_bytes_of(job), resume_from)
        async for event in self.replica.run(work):
            yield _to_response(event)


@dataclass(frozen=True, slots=True)
class Capability(capability_pb2_grpc.CapabilityServiceServicer):
    """Says what this replica can do and what it would take."""

    replica: Replica
    warm_model: Callable[[], str]
    catalogue: Catalogue
    library_versions: Mapping[str, str]
    arbiter: ArbiterServiceAsyncStub

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: DescribeContext
    ) -> capability_pb2.DescribeResponse:
        """Lists models, limits and features; see the contract."""
        description = describe(self.catalogue, self.library_versions)
        description.warm_model = self.warm_model()
        description.running_jobs = self.replica.running_jobs
        description.waiting_jobs = self.replica.waiting_jobs
        return description

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: QuoteContext
    ) -> capability_pb2.QuoteResponse:
        """Asks the arbiter what such a request would wait for; see the contract."""
        sample = t2i_pb2.GenerateImagesRequest(prompt=FEATURE, model=request.model)
        if request.HasField("size"):
            sample.size.CopyFrom(request.size)
        if request.steps:
            sample.steps = request.steps
        need = need_of(to_job(sample, self.catalogue))
        alternatives = [leases.to_alternative(demand) for demand in need.demands]
        try:
            # It may be starting, or starting again.
            answer = await self.arbiter.Quote(
                arbiter_pb2.QuoteRequest(alternatives=alternatives), wait_for_ready=True, timeout=_PATIENCE_S
            )
        except aio.AioRpcError as error:
            if error.code() not in _UNREACHABLE:
                raise
            raise errors.ArbiterUnavailable(
                "The memory arbiter does not answer; ask again in a moment.", retry_after_s=_PATIENCE_S
            ) from error
        tiers = zip(need.demands, answer.quotes, strict=True)
        return capability_pb2.QuoteResponse(tiers=[_to_tier_quote(demand, quote) for demand, quote in tiers])


def _to_response(event: Event) -> t2i_pb2.GenerateImagesResponse:
    if event.HasField("result"):
        return t2i_pb2.GenerateImagesResponse(result=t2i_pb2.Result.FromString(event.result.result))
    if event.HasField("checkpoint"):
        return t2i_pb2.GenerateImagesResponse(checkpoint=event.checkpoint)
    return t2i_pb2.GenerateImagesResponse(progress=event.progress)


def _to_tier_quote(demand: leases.Demand, quote: arbiter_pb2.AlternativeQuote) -> capability_pb2.TierQuote:
    tier = capability_pb2.TierQuote(
        tier=demand.tier,
        # The two enums name the same four answers in the same order.
        fit=capability_pb2.Fit.ValueType(quote.fit),
        peak_device_bytes=demand.resident_bytes + demand.working_bytes + demand.context_bytes,
        measured=False,
        reason=_FIT_REASONS.get(quote.fit, "").format(
            needed=quote.needed_bytes, capacity=quote.capacity_bytes
        ),
    )
    if quote.HasField("wait"):
        tier.wait.CopyFrom(quote.wait)
    return tier


_FIT_REASONS = {
    arbiter_pb2.FIT_AFTER_RECALL: "an idle pipeline gives its memory back first",
    arbiter_pb2.FIT_AFTER_WAIT: "a running job ends first",
    arbiter_pb2.FIT_NEVER: "it needs {needed} bytes and the device has {capacity}",
}
