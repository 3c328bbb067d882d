from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import structlog
from grpc import StatusCode, aio

from gateway import schemas
from gateway.fleet import Fleet
from gateway.replicas import Service
from gateway.views import show_model
from limner.capability.v1 import capability_pb2

log = structlog.get_logger(__name__)

# What a service can do changes when it is restarted or given a model: rarely, and no answer waits for it.
FRESH_S = 5.0
_TIMEOUT_S = 2.0


class Catalogue:
    """What a service last said that it can do."""

    def __init__(self, service: Service, fleet: Fleet) -> None:
        self.service = service
        self._fleet = fleet
        self._known: capability_pb2.DescribeResponse | None = None
        self._models: list[schemas.Model] = []  # of it
        self._known_at = float("-inf")  # monotonic, s
        self._refresh: asyncio.Task[None] | None = None

    @property
    def replica_count(self) -> int:
        """How many replicas there are, answering or not."""
        return len(self._fleet.of(self.service))

    @property
    def known(self) -> capability_pb2.DescribeResponse | None:
        """The latest answer, however old."""
        return self._known

    async def ask(self) -> capability_pb2.DescribeResponse:
        """Asks one replica after the other until one answers. Raises the AioRpcError of the last."""
        last: aio.AioRpcError | None = None
        for replica in self._fleet.of(self.service):
            try:
                answer = await replica.capability.Describe(
                    capability_pb2.DescribeRequest(), timeout=_TIMEOUT_S
                )
            except aio.AioRpcError as error:
                last = error
            else:
                self._known, self._known_at = answer, time.monotonic()
                self._models = [show_model(model) for model in answer.models]
                return answer
        raise last or _absence(self.service)

    async def recall(self) -> capability_pb2.DescribeResponse | None:
        """Returns the latest answer at once, renewing an old one behind; None if nothing ever answered."""
        if self._known is None:
            await self._renew()
        elif time.monotonic() - self._known_at > FRESH_S and (self._refresh is None or self._refresh.done()):
            self._refresh = asyncio.create_task(self._renew())
        return self._known

    async def recall_models(self) -> Sequence[schemas.Model] | None:
        """Returns the models of the latest answer, as `recall` does."""
        return self._models if await self.recall() is not None else None

    async def _renew(self) -> None:
        try:
            await self.ask()
        except aio.AioRpcError as error:
            log.info("service does not describe itself", code=error.code().name, detail=error.details())


def _absence(service: Service) -> aio.AioRpcError:
    # As if it had been called: to whoever asks it makes no difference why nobody answers.
    text = f"No {service.title} service is running."
    return aio.AioRpcError(StatusCode.UNAVAILABLE, aio.Metadata(), aio.Metadata(), text)
