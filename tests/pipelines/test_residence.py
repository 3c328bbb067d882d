"""A residence with a real light worker and a real arbiter: what a death looks like from above."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from limner.channel import connect
from limner.worker.v1.worker_pb2 import Run
from services.pipelines.leases import Demand, Lease, OnRecall, Session
from services.pipelines.need import Need, working_bytes
from services.pipelines.process import WorkerProcess
from services.pipelines.residence import Residence
from services.rpc.errors import WorkerLost
from tests.arbiter.conftest import serving
from tests.arbiter.holder import MIB, Holder, session, to_stub
from tests.chaos.hog import HOLDER, POOL

WAIT_S = 20.0


class Tenant:
    """A residence with one job at a time."""

    def __init__(self, residence: Residence) -> None:
        self._residence = residence
        self._waits = asyncio.Event()
        self.pids: list[int] = []

    async def finish(self, job: str, size_mib: int) -> bool:
        """Runs a job of a model of that size."""
        demand = Demand("full", str(size_mib), size_mib * MIB, 8 * MIB, 8 * MIB, 0)
        need = Need(str(size_mib), (demand,), priority=2)
        async with self._residence.occupied():
            lease = await self._residence.prepare(need, self._note, lambda: None)
            run = self._residence.compute(lease, Run(job=job), need, self._note)
            return [event.ended.ok async for event in run if event.HasField("ended")] == [True]

    async def lose_while_waiting(self, job: str, size_mib: int) -> None:
        """Kills the worker as soon as the arbiter has put the job off, and returns when the job knows."""
        self._waits.clear()
        running = asyncio.create_task(self.finish(job, size_mib))
        async with asyncio.timeout(WAIT_S):
            await self._waits.wait()
            psutil.Process(self.pids[-1]).kill()
            with pytest.raises(WorkerLost, match="SIGKILL"):
                await running

    async def close(self) -> None:
        """Ends the worker."""
        await self._residence.close()

    def _note(self, position: int, _reason: str) -> None:
        if position:  # Not while the worker starts.
            self._waits.set()


@pytest.fixture
async def parties(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Tenant, Holder]]:
    """A tenant, and a stranger on the same device of 1000 MiB."""
    with tempfile.TemporaryDirectory(prefix="res") as folder:
        run_dir = Path(folder)
        monkeypatch.setenv(POOL, str(run_dir / "pool"))
        monkeypatch.setenv(HOLDER, "tenant")
        async with (
            serving(run_dir) as address,
            connect(address) as channel,
            session(to_stub(channel), "stranger") as stranger,
        ):
            await stranger.hello(pid=os.getpid())

            def speak(worker: WorkerProcess, on_recall: OnRecall) -> Session:
                tenant.pids.append(worker.identity.pid)
                observe = worker.observed_bytes
                return Session(channel, "tenant", "test", worker.identity, "boot", observe, on_recall)

            start = partial(WorkerProcess.start, "tests.chaos.hog", "tenant", run_dir / "holders")
            residence = Residence(start, speak)
            tenant = Tenant(residence)
            await residence.open()
            try:
                yield tenant, stranger
            finally:
                await tenant.close()


async def test_a_worker_that_dies_while_its_ticket_waits_is_lost_and_not_waited_for(
    parties: tuple[Tenant, Holder],
) -> None:
    tenant, stranger = parties
    token = await stranger.take("t", 600)
    await stranger.begin(token)
    await tenant.lose_while_waiting("1", size_mib=600)
    await stranger.end(token)
    await stranger.release(token)
    assert await tenant.finish("2", size_mib=600)


async def test_a_worker_that_dies_while_its_job_waits_to_begin_is_lost_and_not_waited_for(
    parties: tuple[Tenant, Holder],
) -> None:
    tenant, stranger = parties
    assert await tenant.finish("1", size_mib=100)
    token = await stranger.take("t", 600)
    await stranger.begin(token)
    await tenant.lose_while_waiting("2", size_mib=100)


async def test_a_worker_that_is_ended_before_it_answers_leaves_no_complaint(
    parties: tuple[Tenant, Holder],
) -> None:
    tenant, _ = parties
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    await tenant.close()
    gc.collect()
    assert complaints == []


@pytest.mark.parametrize(("granted_bytes", "charged_bytes"), [(300, 450), (100, 150), (80, 150)])
def test_a_job_of_another_size_is_charged_what_the_usual_size_was_measured_to_take_in_proportion(
    granted_bytes: int, charged_bytes: int
) -> None:
    lease = Lease(1, "full", "128", "cpu:0", asked_bytes=100, granted_bytes=granted_bytes)
    need = Need("model", (Demand("full", "256", 1000, 150, 0, 0),), priority=2)
    assert working_bytes(need, lease) == charged_bytes


def test_a_job_of_the_usual_size_is_charged_what_was_granted() -> None:
    lease = Lease(1, "full", "128", "cpu:0", asked_bytes=100, granted_bytes=300)
    assert working_bytes(Need("model", (Demand("full", "128", 1000, 100, 0, 0),), 2), lease) == 0
