from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from grpc import aio
from grpc_health.v1 import health_pb2

from limner.capability.v1 import capability_pb2_grpc


@dataclass(frozen=True, slots=True)
class Service:
    """One of the capability services."""

    name: str  # of the capability
    title: str  # in sentences
    grpc_name: str
    feature: str  # what it can do at least

    @property
    def setting(self) -> str:
        """The variable that holds the addresses of its replicas."""
        return f"LIMNER_GATEWAY_{self.name.upper()}"


T2I = Service("t2i", "text-to-image", "limner.t2i.v1.TextToImageService", "text_to_image")
EDIT = Service("edit", "edit", "limner.edit.v1.EditService", "edit")
TILING = Service("tiling", "tiling", "limner.tiling.v1.TilingService", "generate_tiled")
SERVICES = (T2I, EDIT, TILING)


@dataclass(slots=True, eq=False)
class Replica:
    """One running copy of a capability service, as the gateway sees it."""

    service: Service
    address: str
    channel: aio.Channel
    capability: capability_pb2_grpc.CapabilityServiceAsyncStub
    host: str  # whose cards it shares with others; its address where that is not known
    jobs: set[str] = field(default_factory=set[str])  # given to it and not finished
    obstacle: str | None = None  # why it takes nothing now, in plain words
    failures: int = 0  # in a row
    warm_model: str | None = None  # that it has when it has done what it was given
    is_leaving: bool = False  # gets no more jobs, and goes when it has done what it was given
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # of whoever calls it next

    # One computes; one more waits, so that the arbiter sees what comes and no time is lost between jobs.
    SLOTS = 2

    @property
    def is_free(self) -> bool:
        """Whether it can take one more job."""
        return self.obstacle is None and not self.is_leaving and len(self.jobs) < self.SLOTS

    async def is_serving(self, timeout_s: float) -> bool:
        """Asks the service itself. Raises AioRpcError when it is out of reach."""
        # By its name: the generated stub of grpcio-health-checking has no types.
        check = self.channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        request = health_pb2.HealthCheckRequest(service=self.service.grpc_name)
        answer = await check(request, timeout=timeout_s)
        return answer.status == health_pb2.HealthCheckResponse.SERVING


def to_replica(service: Service, address: str, channel: aio.Channel, host: str = "") -> Replica:
    """Returns the replica at the other end of a channel; it need not be running yet."""
    stub = capability_pb2_grpc.CapabilityServiceStub(channel)
    return Replica(service, address, channel, stub, host or address)
