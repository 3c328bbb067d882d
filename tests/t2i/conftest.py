"""A real arbiter and a real text-to-image service, each in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from grpc import aio

from limner.capability.v1.capability_pb2 import DescribeRequest
from limner.capability.v1.capability_pb2_grpc import CapabilityServiceStub
from limner.channel import connect
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, GenerateImagesResponse
from limner.t2i.v1.t2i_pb2_grpc import TextToImageServiceStub

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
    with starting(tmp_path_factory.mktemp("front"), {}) as found:
        yield found


@contextmanager
def starting(folder: Path, settings: Mapping[str, str]) -> Generator[tuple[str, int]]:
    """Runs an arbiter and a service in `folder`; yields the service's address and process id."""
    arbiter = _start("services.arbiter", {**_arbiter_settings(folder), **settings})
    t2i = _start("services.t2i", {**_t2i_settings(folder), **settings})
    try:
        yield f"unix:{folder}/t2i.sock", t2i.pid
    finally:
        for process in (t2i, arbiter):
            process.terminate()
        codes = [process.wait(30) for process in (t2i, arbiter)]
    assert codes == [0, 0]


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


def _start(module: str, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **settings})


def _arbiter_settings(folder: Path) -> dict[str, str]:
    return {"LIMNER_ARBITER_LISTEN": f"unix:{folder}/arbiter.sock", "LIMNER_ARBITER_RUN_DIR": str(folder)}


def _t2i_settings(folder: Path) -> dict[str, str]:
    return {
        "LIMNER_T2I_LISTEN": f"unix:{folder}/t2i.sock",
        "LIMNER_T2I_ARBITER": f"unix:{folder}/arbiter.sock",
        "LIMNER_T2I_HOLDERS_DIR": str(folder / "holders"),
    }
