"""A real text-to-image service, as a client and as a murderer see it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest
from grpc import aio

from limner.capability.v1.capability_pb2 import DescribeRequest
from limner.capability.v1.capability_pb2_grpc import CapabilityServiceStub
from limner.channel import connect
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, GenerateImagesResponse
from limner.t2i.v1.t2i_pb2_grpc import TextToImageServiceStub
from tests.fronts import starting

if TYPE_CHECKING:
    from limner.capability.v1.capability_pb2_grpc import CapabilityServiceAsyncStub
    from limner.t2i.v1.t2i_pb2_grpc import TextToImageServiceAsyncStub


@dataclass(frozen=True)
class Front:
    """The service as a direct client sees it, and its processes as a murderer does."""

    channel: aio.Channel
    pid: int

    @property
    def images(self) -> TextToImageServiceAsyncStub:
        return TextToImageServiceStub(self.channel)

    @property
    def capability(self) -> CapabilityServiceAsyncStub:
        return CapabilityServiceStub(self.channel)

    def worker(self) -> psutil.Process:
        (worker,) = psutil.Process(self.pid).children()
        return worker

    def kill_worker(self) -> None:
        self.worker().send_signal(signal.SIGKILL)

    async def collect(self, **fields: object) -> list[GenerateImagesResponse]:
        request = GenerateImagesRequest(**{"prompt": "a red circle on the left", **fields})  # pyright: ignore[reportArgumentType] a table of fields
        return [response async for response in self.images.GenerateImages(request, timeout=90)]

    async def wait_until_idle(self) -> None:
        async with asyncio.timeout(60):
            while await self._is_busy():
                await asyncio.sleep(0.02)

    async def _is_busy(self) -> bool:
        return (await self.capability.Describe(DescribeRequest(), wait_for_ready=True)).running_jobs > 0


@pytest.fixture(scope="session")
def front_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with starting(tmp_path_factory.mktemp("front"), "t2i", {}) as found:
        yield found


@pytest.fixture
def arbiter_address(front_address: tuple[str, int]) -> str:
    """The arbiter of `front`."""
    return front_address[0].replace("t2i.sock", "arbiter.sock")


@pytest.fixture
async def front(front_address: tuple[str, int]) -> AsyncIterator[Front]:
    address, pid = front_address
    async with connect(address) as channel:
        found = Front(channel, pid)
        await found.wait_until_idle()
        yield found
