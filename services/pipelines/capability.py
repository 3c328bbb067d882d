"""Answers what a replica can do and what it would take."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grpc import StatusCode, aio

from limner.amounts import in_gb
from limner.arbiter.v1 import arbiter_pb2
from limner.capability.v1 import capability_pb2, capability_pb2_grpc
from services.pipelines import leases
from services.pipelines.need import Need
from services.pipelines.replica import Replica
from services.rpc import errors

if TYPE_CHECKING:
    # The stub's asynchronous face exists for the type checker only.
    from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceAsyncStub

DescribeContext = aio.ServicerContext[capability_pb2.DescribeRequest, capability_pb2.DescribeResponse]
MemoryContext = aio.ServicerContext[
    capability_pb2.DescribeMemoryRequest, capability_pb2.DescribeMemoryResponse
]
QuoteContext = aio.ServicerContext[capability_pb2.QuoteRequest, capability_pb2.QuoteResponse]

_PATIENCE_S = 5.0  # With an arbiter that is starting.
_UNREACHABLE = {StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED}


@dataclass(frozen=True, slots=True)
class Capability(capability_pb2_grpc.CapabilityServiceServicer):
    """Says what this replica can do and what it would take."""

    replica: Replica
    warm_model: Callable[[], str]
    describe: Callable[[], capability_pb2.DescribeResponse]
    need_of: Callable[[capability_pb2.QuoteRequest], Need]  # raises ModelNotFound or InvalidFields
    arbiter: ArbiterServiceAsyncStub

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: DescribeContext
    ) -> capability_pb2.DescribeResponse:
        """Lists models, limits and features; see the contract."""
        description = self.describe()
        description.warm_model = self.warm_model()
        description.running_jobs = self.replica.running_jobs
        description.waiting_jobs = self.replica.waiting_jobs
        return description

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: QuoteContext
    ) -> capability_pb2.QuoteResponse:
        """Asks the arbiter what such a request would wait for; see the contract."""
        need = self.replica.fit(self.need_of(request))
        demands, answer = need.demands, await self._ask(need.demands)
        if need.on_card and not leases.is_host(answer.devices):
            demands, answer = need.on_card, await self._ask(need.on_card)
        quoted = zip(demands, answer.quotes, strict=True)
        return capability_pb2.QuoteResponse(tiers=_soonest(_to_tier_quote(*each) for each in quoted))

    async def _ask(self, demands: Sequence[leases.Demand]) -> arbiter_pb2.QuoteResponse:
        alternatives = [leases.to_alternative(demand) for demand in demands]
        request = arbiter_pb2.QuoteRequest(alternatives=alternatives)
        # It may be starting, or starting again.
        with _answering():
            return await self.arbiter.Quote(request, wait_for_ready=True, timeout=_PATIENCE_S)

    async def DescribeMemory(
        self, request: capability_pb2.DescribeMemoryRequest, context: MemoryContext
    ) -> capability_pb2.DescribeMemoryResponse:
        """Passes on what the arbiter says; see the contract."""
        with _answering():
            snapshot = await self.arbiter.Snapshot(arbiter_pb2.SnapshotRequest(), timeout=_PATIENCE_S)
        return capability_pb2.DescribeMemoryResponse(snapshot=snapshot)


@contextmanager
def _answering() -> Generator[None]:
    """Raises ArbiterUnavailable for an arbiter that is out of reach."""
    try:
        yield
    except aio.AioRpcError as error:
        if error.code() not in _UNREACHABLE:
            raise
        raise errors.ArbiterUnavailable(
            "The memory arbiter does not answer; ask again in a moment.", retry_after_s=_PATIENCE_S
        ) from error


def _soonest(quotes: Iterable[capability_pb2.TierQuote]) -> list[capability_pb2.TierQuote]:
    """Returns one quote for each tier: with its largest budget that starts no later than the others."""
    chosen: dict[str, capability_pb2.TierQuote] = {}
    for quote in quotes:
        known = chosen.get(quote.tier)
        if known is None or quote.fit < known.fit:
            chosen[quote.tier] = quote
    return list(chosen.values())


def _to_tier_quote(demand: leases.Demand, quote: arbiter_pb2.AlternativeQuote) -> capability_pb2.TierQuote:
    tier = capability_pb2.TierQuote(
        tier=demand.tier,
        # The two enums name the same four answers in the same order.
        fit=capability_pb2.Fit.ValueType(quote.fit),
        peak_device_bytes=quote.needed_bytes,
        measured=False,
        reason=_FIT_REASONS.get(quote.fit, "").format(
            needed=in_gb(quote.needed_bytes), capacity=in_gb(quote.capacity_bytes)
        ),
    )
    if quote.HasField("wait"):
        tier.wait.CopyFrom(quote.wait)
    return tier


_FIT_REASONS = {
    arbiter_pb2.FIT_AFTER_RECALL: "an idle pipeline gives its memory back first",
    arbiter_pb2.FIT_AFTER_WAIT: "a running job ends first",
    arbiter_pb2.FIT_NEVER: "it needs {needed} and the device has {capacity}",
}
