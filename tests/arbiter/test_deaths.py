"""Kill -9: of workers, whose bytes come back at once, and of the arbiter, which adopts its leases again."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.channel import connect
from services.arbiter.deaths import start_time_ticks
from services.arbiter.journal import Journal, JournalInUse
from tests.arbiter.conftest import ArbiterProcess, StartSleeper
from tests.arbiter.holder import MIB, charged_bytes, session, to_stub

if TYPE_CHECKING:
    from tests.arbiter.holder import Stub


async def test_a_killed_workers_bytes_go_to_the_next_within_a_quarter_second(
    stub: Stub, sleeper: StartSleeper
) -> None:
    worker = await sleeper()
    async with session(stub, "a") as first, session(stub, "b") as second:
        await first.hello(pid=worker.pid, start_time_ticks=start_time_ticks(worker.pid) or 0)
        await second.hello(pid=os.getpid())
        token = await first.take("t1", 600)
        await first.begin(token)
        await second.acquire("t2", 600)
        await second.hear("position")
        killed_s = time.monotonic()
        worker.kill()
        await second.hear("offer")
        assert time.monotonic() - killed_s < 0.25
        releases = (await stub.Snapshot(pb.SnapshotRequest())).last_releases
        assert (releases[0].token, releases[0].cause) == (token, "died")


async def test_a_broken_session_frees_nothing(stub: Stub, sleeper: StartSleeper) -> None:
    worker = await sleeper()
    async with session(stub, "a") as holder:
        await holder.hello(pid=worker.pid)
        token = await holder.take("t", 600)
    async with session(stub, "a") as holder:
        welcome = await holder.hello(pid=worker.pid, held=[pb.HeldLease(token=token)])
        assert [held.token for held in welcome.adopted] == [token]
        assert await charged_bytes(stub) == 600 * MIB
        await holder.release(token)


async def test_a_child_that_outlives_its_worker_keeps_the_bytes(
    stub: Stub, run_dir: Path, sleeper: StartSleeper
) -> None:
    worker = await sleeper()
    child = await _locking_child(run_dir / "holders" / "a.1")
    async with session(stub, "a") as holder:
        await holder.hello(pid=worker.pid, lock_file="a.1")
        await holder.take("t", 600)
        worker.kill()
        await worker.wait()
        await asyncio.sleep(0.1)
        assert await charged_bytes(stub) == 600 * MIB
        child.kill()
        await child.wait()
        await asyncio.sleep(0.1)
        assert await charged_bytes(stub) == 0


async def _locking_child(path: Path) -> asyncio.subprocess.Process:
    fd = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        return await asyncio.create_subprocess_exec("sleep", "60", pass_fds=(fd,))
    finally:
        os.close(fd)


async def test_a_killed_arbiter_takes_its_leases_over_and_running_jobs_go_on(
    arbiter_process: ArbiterProcess, sleeper: StartSleeper
) -> None:
    worker = await sleeper()
    async with connect(arbiter_process.address) as channel:
        stub = to_stub(channel)
        await arbiter_process.start(stub)
        async with session(stub, "a") as holder:
            await holder.hello(pid=worker.pid)
            token = await holder.take("t", 600, 100)
            await holder.begin(token, "job")
            await arbiter_process.kill()
        await arbiter_process.start(stub)
        assert await charged_bytes(stub) == 700 * MIB
        async with session(stub, "a") as holder, session(stub, "b") as other:
            held = pb.HeldLease(token=token, state=pb.LEASE_STATE_ACTIVE)
            welcome = await holder.hello(pid=worker.pid, held=[held])
            assert [(h.token, h.state) for h in welcome.adopted] == [(token, pb.LEASE_STATE_ACTIVE)]
            await other.hello(pid=os.getpid())
            await other.acquire("t2", 600)
            await holder.hear("drain")
            await holder.end(token, "job")
            await holder.release(token)
            assert (await other.hear("offer")).token > token


async def test_bytes_of_workers_that_died_with_the_arbiter_are_free_after_its_restart(
    arbiter_process: ArbiterProcess, sleeper: StartSleeper
) -> None:
    worker = await sleeper()
    async with connect(arbiter_process.address) as channel:
        stub = to_stub(channel)
        await arbiter_process.start(stub)
        async with session(stub, "a") as holder:
            await holder.hello(pid=worker.pid)
            await holder.take("t", 600)
            await arbiter_process.kill()
            worker.kill()
            await worker.wait()
        await arbiter_process.start(stub)
        assert await charged_bytes(stub) == 0


def test_only_one_arbiter_keeps_a_ledger(run_dir: Path) -> None:
    with Journal(run_dir / "ledger", "boot"), pytest.raises(JournalInUse):
        Journal(run_dir / "ledger", "boot")


async def test_a_second_arbiter_says_why_it_does_not_start(
    arbiter_process: ArbiterProcess, run_dir: Path
) -> None:
    with Journal(run_dir / "ledger", "boot"):
        second = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.arbiter",
            env=arbiter_process.env,
            stderr=asyncio.subprocess.PIPE,
        )
        _, stderr = await second.communicate()
    assert second.returncode == 1
    assert b"Another arbiter already runs in" in stderr
