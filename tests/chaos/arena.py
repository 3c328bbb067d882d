"""An arbiter, four fronts that fit two at a time, and the device they share: all of it to be hurt."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.channel import connect
from limner.cli.tether import PARENT
from tests.arbiter.holder import MIB, charged_bytes, to_stub
from tests.chaos.front import Tally
from tests.chaos.hog import HOLDER, POOL
from tests.chaos.pool import CAPACITY_MIB, LARGE_MIB, SMALL_MIB, Pool
from tests.chaos.proxy import Proxy

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub

# The small ones always fit; of the large ones one at a time, so that they recall each other's model.
FRONTS = {"ant": SMALL_MIB, "bee": SMALL_MIB, "dog": LARGE_MIB, "elk": LARGE_MIB}
START_S = 30.0
_POLL_S = 0.005
_LOG_CHARACTERS = 3000
_ROOT = Path(__file__).parents[2]


@dataclass(slots=True)
class Arena:
    """Everybody who takes part; whoever is killed is started again under the same name."""

    run_dir: Path
    pool: Pool
    proxy: Proxy
    stub: Stub
    processes: dict[str, asyncio.subprocess.Process] = field(
        default_factory=dict[str, asyncio.subprocess.Process]
    )
    tallies: dict[str, Tally] = field(default_factory=dict[str, Tally])

    async def start_arbiter(self) -> None:
        """Starts it and returns when it listens."""
        env = {
            "LIMNER_ARBITER_LISTEN": f"unix:{self.run_dir}/arbiter.sock",
            "LIMNER_ARBITER_RUN_DIR": str(self.run_dir),
            "LIMNER_ARBITER_PROBE": "ram",
            "LIMNER_ARBITER_BATCH_S": "0",
            "LIMNER_ARBITER_RAM_BUDGET_BYTES": str(CAPACITY_MIB * MIB),
        }
        await self._start("arbiter", "services.arbiter", env=env)
        await until(self._listens, "the arbiter to listen", START_S)

    async def start_front(self, name: str) -> None:
        """Starts a front and does not wait for it."""
        tally, holders_dir = self.run_dir / f"{name}.tally", self.run_dir / "holders"
        self.tallies.setdefault(name, Tally(tally))
        env = {POOL: str(self.run_dir / "pool"), HOLDER: name}
        arguments = (name, str(FRONTS[name]), self.proxy.address, str(holders_dir), str(tally))
        await self._start(name, "tests.chaos.front", *arguments, env=env)

    async def end(self, name: str, number: signal.Signals) -> int:
        """Ends a process by a signal and returns its exit code."""
        process = self.processes[name]
        with suppress(ProcessLookupError):
            process.send_signal(number)
        return await process.wait()

    def jobs(self) -> dict[str, int]:
        """How many jobs each front has finished."""
        return {name: tally.read() for name, tally in self.tallies.items()}

    async def requests_per_s(self, for_s: float) -> float:
        """Measures how many requests reach the arbiter: every job has a Begin and an End."""
        since_s, before = time.monotonic(), sum(self.jobs().values())
        await asyncio.sleep(for_s)
        return 2 * (sum(self.jobs().values()) - before) / (time.monotonic() - since_s)

    async def flowing(self, within_s: float) -> float:
        """Returns how long it takes from now until every front has begun and finished a job."""
        since_s, before = time.monotonic(), self.jobs()
        # The first one to finish may have begun before.
        try:
            await until(
                lambda: self._live() and all(n >= before[name] + 2 for name, n in self.jobs().items()),
                "every front to finish jobs again",
                within_s,
            )
        except AssertionError as error:
            error.add_note(f"jobs {before} before, {self.jobs()} now\n{await self.snapshot()}{self._logs()}")
            raise
        return time.monotonic() - since_s

    async def charged_bytes(self) -> int:
        """What the ledger says is held."""
        return await charged_bytes(self.stub)

    async def snapshot(self) -> pb.SnapshotResponse:
        """The arbiter's whole state."""
        return await self.stub.Snapshot(pb.SnapshotRequest(), wait_for_ready=True, timeout=START_S)

    async def _start(self, name: str, module: str, *arguments: str, env: dict[str, str]) -> None:
        with (self.run_dir / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "limner.cli.tether", f"chaos-{name}", "SIGKILL", module, *arguments),
                env={**os.environ, **env, PARENT: str(os.getpid()), "PYTHONDONTWRITEBYTECODE": ""},
                cwd=_ROOT,
                stderr=log,
            )

    def _live(self) -> bool:
        """True; raises AssertionError when somebody ended by itself."""
        ended = {name: p.returncode for name, p in self.processes.items() if p.returncode is not None}
        assert ended == {}, f"exit codes {ended}"
        return True

    def _logs(self) -> str:
        """The last words of everybody."""
        paths = sorted(self.run_dir.glob("*.log"))
        return "".join(f"\n{path.name}:\n{path.read_text()[-_LOG_CHARACTERS:]}" for path in paths)

    def _listens(self) -> bool:
        code = self.processes["arbiter"].returncode
        assert code is None, f"the arbiter ended with {code}"
        with socket.socket(socket.AF_UNIX) as sock:
            return sock.connect_ex(str(self.run_dir / "arbiter.sock")) == 0


@asynccontextmanager
async def running_arena(run_dir: Path) -> AsyncGenerator[Arena]:
    """Starts everybody and returns when jobs flow; kills them all at the end."""
    proxy = Proxy(run_dir / "arbiter.sock")
    async with proxy.serving(), connect(f"unix:{run_dir}/arbiter.sock") as channel:
        arena = Arena(run_dir, Pool(run_dir / "pool"), proxy, to_stub(channel))
        try:
            await arena.start_arbiter()
            for name in FRONTS:
                await arena.start_front(name)
            await arena.flowing(START_S)
            yield arena
        finally:
            for name in arena.processes:
                await arena.end(name, signal.SIGKILL)
            for tally in arena.tallies.values():
                tally.close()


async def until(is_so: Callable[[], bool], what: str, within_s: float) -> None:
    """Waits for something; raises AssertionError when it does not come."""
    deadline_s = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"waited {within_s} s for {what}"
        await asyncio.sleep(_POLL_S)
