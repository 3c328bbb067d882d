"""A real edit service beside a real arbiter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import pytest
from grpc import aio

from limner.capability.v1.capability_pb2 import DescribeRequest
from limner.capability.v1.capability_pb2_grpc import CapabilityServiceStub
from limner.channel import connect
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from tests.fronts import starting

if TYPE_CHECKING:
    from limner.capability.v1.capability_pb2_grpc import CapabilityServiceAsyncStub
    from limner.edit.v1.edit_pb2_grpc import EditServiceAsyncStub


@dataclass(frozen=True)
class Front:
    """The service as a direct client sees it."""

    channel: aio.Channel
    pid: int

    @property
    def edits(self) -> EditServiceAsyncStub:
        return edit_pb2_grpc.EditServiceStub(self.channel)

    @property
    def capability(self) -> CapabilityServiceAsyncStub:
        return CapabilityServiceStub(self.channel)

    def worker(self) -> psutil.Process:
        (worker,) = psutil.Process(self.pid).children()
        return worker

    async def edit(self, request: edit_pb2.EditImageRequest) -> list[edit_pb2.Event]:
        return [answer.event async for answer in self.edits.EditImage(request, timeout=90)]

    async def inpaint(self, request: edit_pb2.InpaintImageRequest) -> list[edit_pb2.Event]:
        return [answer.event async for answer in self.edits.InpaintImage(request, timeout=90)]

    async def control(self, request: edit_pb2.GenerateControlledRequest) -> list[edit_pb2.Event]:
        return [answer.event async for answer in self.edits.GenerateControlled(request, timeout=90)]


@pytest.fixture(scope="session")
def front_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    with starting(tmp_path_factory.mktemp("edit"), "edit", {}) as found:
        yield found


@pytest.fixture
async def front(front_address: tuple[str, int]) -> AsyncIterator[Front]:
    address, pid = front_address
    async with connect(address) as channel:
        found = Front(channel, pid)
        async with asyncio.timeout(60):
            while (await found.capability.Describe(DescribeRequest(), wait_for_ready=True)).running_jobs > 0:
                await asyncio.sleep(0.02)
        yield found
