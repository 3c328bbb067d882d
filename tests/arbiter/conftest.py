"""Real arbiters: one in this process on a unix socket, or one in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from grpc import aio

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1.arbiter_pb2_grpc import add_ArbiterServiceServicer_to_server
from limner.channel import connect, is_unavailable
from services.arbiter.batches import Tempo, TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.engine import Engine
from services.arbiter.journal import Journal
from services.arbiter.ledger import Device
from services.arbiter.servicer import Arbiter
from services.arbiter.vigil import Limits
from services.rpc.translation import TranslateErrors
from tests.arbiter.holder import MIB, to_stub

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub

CAPACITY_MIB = 1000
# A busy model yields at once, so that tests of the protocol need not wait.
# Holders of the tests name this very process as their worker: it must not be fenced for their silence.
PATIENT = Limits(idle_s=3600, busy_s=3600, give_back_s=3600)
EAGER = Tempo(batch_floor_s=0, batch_per_swap=0, linger_s=0, residency_loads=0)


@pytest.fixture
def run_dir() -> Iterator[Path]:
    """A short folder: the path of a unix socket has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="arb") as folder:
        (Path(folder) / "holders").mkdir()
        yield Path(folder)


@pytest.fixture
async def stub(run_dir: Path) -> AsyncIterator[Stub]:
    """A connection to an arbiter in this process with 1000 MiB."""
    async with serving(run_dir) as address, connect(address) as channel:
        yield to_stub(channel)


@asynccontextmanager
async def serving(run_dir: Path) -> AsyncGenerator[str]:
    """Runs an arbiter in this process and yields its address."""
    with Journal(run_dir / "ledger", "boot") as journal:
        device = Device("cpu:0", "host memory", CAPACITY_MIB * MIB, CAPACITY_MIB * MIB)
        core = Core([device], journal.past, time.monotonic(), TimeLimitedBatches(EAGER), limits=PATIENT)
        engine = Engine(core, journal, run_dir / "holders", _fail)
        server = aio.server(interceptors=[TranslateErrors()])
        add_ArbiterServiceServicer_to_server(Arbiter(engine), server)
        address = f"unix:{run_dir}/arbiter.sock"
        server.add_insecure_port(address)
        engine.start()
        await server.start()
        try:
            yield address
        finally:
            await server.stop(None)
            engine.stop()


def _fail(reason: str) -> NoReturn:
    raise AssertionError(reason)


@dataclass(slots=True)
class ArbiterProcess:
    """`python -m services.arbiter`, to be killed."""

    address: str
    env: dict[str, str]
    process: asyncio.subprocess.Process | None = None

    async def start(self, stub: Stub) -> None:
        """Starts it and returns when it answers."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.arbiter", env=self.env, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(30):
            while not await self._answers(stub):
                await asyncio.sleep(0.02)

    async def _answers(self, stub: Stub) -> bool:
        try:
            await stub.Snapshot(pb.SnapshotRequest(), wait_for_ready=True)
        except aio.AioRpcError as error:
            # The connection to a killed predecessor breaks at its first use.
            if is_unavailable(error):
                return False
            raise
        return True

    async def kill(self) -> None:
        """Ends it with SIGKILL."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()


@pytest.fixture
async def arbiter_process(run_dir: Path) -> AsyncIterator[ArbiterProcess]:
    """An arbiter with 1000 MiB that is not yet started."""
    address = f"unix:{run_dir}/arbiter.sock"
    env = {
        **os.environ,
        "LIMNER_ARBITER_LISTEN": address,
        "LIMNER_ARBITER_RUN_DIR": str(run_dir),
        "LIMNER_ARBITER_BATCH_S": "0",
        "LIMNER_ARBITER_RAM_BUDGET_BYTES": str(CAPACITY_MIB * MIB),
    }
    arbiter = ArbiterProcess(address, env)
    yield arbiter
    await arbiter.kill()


StartSleeper = Callable[[], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def sleeper() -> AsyncIterator[StartSleeper]:
    """Starts processes that stand for workers; those still alive are killed at the end."""
    started: list[asyncio.subprocess.Process] = []

    async def start() -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec("sleep", "60")
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()
