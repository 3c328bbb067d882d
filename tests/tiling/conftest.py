"""A real tiling service beside a real arbiter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from grpc import aio

from limner.capability.v1.capability_pb2 import DescribeRequest
from limner.capability.v1.capability_pb2_grpc import CapabilityServiceStub
from limner.channel import connect
from limner.tiling.v1 import tiling_pb2, tiling_pb2_grpc
from tests.fronts import starting


@dataclass(frozen=True)
class Front:
    """The service as a direct client sees it."""

    channel: aio.Channel
    pid: int
    scratch: Path

    def worker(self) -> psutil.Process:
        (worker,) = psutil.Process(self.pid).children()
        return worker

    async def generate(self, request: tiling_pb2.GenerateTiledRequest) -> list[tiling_pb2.Event]:
        stub = tiling_pb2_grpc.TilingServiceStub(self.channel)
        return [answer.event async for answer in stub.GenerateTiled(request, timeout=100)]

    async def upscale(self, request: tiling_pb2.UpscaleTiledRequest) -> AsyncIterator[tiling_pb2.Event]:
        stub = tiling_pb2_grpc.TilingServiceStub(self.channel)
        async for answer in stub.UpscaleTiled(request, timeout=100):
            yield answer.event


@pytest.fixture(scope="session")
def front_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Path]]:
    folder = tmp_path_factory.mktemp("tiling")
    scratch = folder / "scratch"
    with starting(folder, "tiling", {"LIMNER_TILING_SCRATCH_DIR": str(scratch)}) as (address, pid):
        yield address, pid, scratch


@pytest.fixture
async def front(front_address: tuple[str, int, Path]) -> AsyncIterator[Front]:
    address, pid, scratch = front_address
    async with connect(address) as channel:
        capability = CapabilityServiceStub(channel)
        async with asyncio.timeout(60):
            while (await capability.Describe(DescribeRequest(), wait_for_ready=True)).running_jobs > 0:
                await asyncio.sleep(0.02)
        yield Front(channel, pid, scratch)
