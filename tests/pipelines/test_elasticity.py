"""A live pipeline gives a part of its memory back, and takes it again: real worker, real arbiter."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from limner.channel import connect
from limner.worker.v1.worker_pb2 import Run
from services.pipelines.leases import Demand, OnRecall, Session
from services.pipelines.need import Need
from services.pipelines.process import WorkerProcess
from services.pipelines.residence import Residence
from tests.arbiter.conftest import serving
from tests.arbiter.holder import MIB, Holder, charged_bytes, session, to_stub
from tests.pipelines.elastic import FOLDER

WAIT_S = 20.0
MOST_MIB, LEAST_MIB, WORKING_MIB = 600, 200, 8
NEED = Need(
    "model",
    (
        Demand(
            "offload", "model:offload", MOST_MIB * MIB, WORKING_MIB * MIB, 0, 0,
            resident_min_bytes=LEAST_MIB * MIB, resident_max_bytes=MOST_MIB * MIB,
            budget_bytes=MOST_MIB * MIB,
        ),
    ),
    priority=2,
)  # fmt: skip


@dataclass
class Tenant:
    """A residence whose jobs run until they are told to end."""

    residence: Residence
    folder: Path
    pids: list[int] = field(default_factory=list[int])
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def budget_mib(self) -> int:
        """What its weights may hold, as the worker was told."""
        return int((self.folder / "budget").read_text()) // MIB

    async def work(self, job: str) -> bool:
        """Runs a job and tells whether it ended well."""
        async with self.residence.occupied():
            lease = await self.residence.prepare(NEED, _say_nothing, lambda: None)
            run = self.residence.compute(lease, Run(job=job), NEED, _say_nothing)
            ended: list[bool] = []
            async for event in run:
                self.begun.set()
                if event.HasField("ended"):
                    ended.append(event.ended.ok)
        return ended == [True]

    def let_end(self) -> None:
        (self.folder / "end").touch()

    async def until_budget(self, is_so: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while self.budget_mib != is_so:
                await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Scene:
    """A tenant, and a stranger on the same device of 1000 MiB."""

    tenant: Tenant
    stranger: Holder
    address: str

    async def charged_mib(self) -> int:
        async with connect(self.address) as channel:
            return await charged_bytes(to_stub(channel)) // MIB


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="el") as name:
        folder = Path(name)
        monkeypatch.setenv(FOLDER, name)
        async with (
            serving(folder) as address,
            connect(address) as channel,
            session(to_stub(channel), "stranger") as stranger,
        ):
            await stranger.hello(pid=os.getpid())
            pids: list[int] = []

            def speak(worker: WorkerProcess, on_recall: OnRecall) -> Session:
                pids.append(worker.identity.pid)
                observe = worker.observed_bytes
                return Session(channel, "tenant", "test", worker.identity, "boot", observe, on_recall)

            start = partial(WorkerProcess.start, "tests.pipelines.elastic", "tenant", folder / "holders")
            tenant = Tenant(Residence(start, speak), folder, pids)
            await tenant.residence.open()
            try:
                yield Scene(tenant, stranger, address)
            finally:
                await tenant.residence.close()


async def test_an_idle_pipeline_gives_back_a_part_instead_of_ending(scene: Scene) -> None:
    tenant, stranger = scene.tenant, scene.stranger
    tenant.let_end()
    assert await tenant.work("1")
    await stranger.take("t", 500)
    assert LEAST_MIB <= tenant.budget_mib < MOST_MIB
    assert await scene.charged_mib() <= 1000
    assert await tenant.work("2")
    assert len(tenant.pids) == 1


async def test_a_running_pipeline_gives_back_a_part_between_two_steps_and_finishes(scene: Scene) -> None:
    tenant, stranger = scene.tenant, scene.stranger
    working = asyncio.create_task(tenant.work("1"))
    async with asyncio.timeout(WAIT_S):
        await tenant.begun.wait()
    await stranger.take("t", 500)
    assert not working.done()
    assert LEAST_MIB <= tenant.budget_mib < MOST_MIB
    assert await scene.charged_mib() <= 1000
    tenant.let_end()
    assert await working
    assert len(tenant.pids) == 1


async def test_a_pipeline_that_cannot_spare_enough_ends(scene: Scene) -> None:
    tenant, stranger = scene.tenant, scene.stranger
    tenant.let_end()
    assert await tenant.work("1")
    await stranger.take("t", 850)
    assert await scene.charged_mib() <= 1000
    await stranger.release(stranger_token(stranger))
    assert await tenant.work("2")
    assert len(tenant.pids) == 2


async def test_weights_come_back_when_the_bytes_are_free_again(scene: Scene) -> None:
    tenant, stranger = scene.tenant, scene.stranger
    tenant.let_end()
    assert await tenant.work("1")
    token = await stranger.take("t", 500)
    assert tenant.budget_mib < MOST_MIB
    await stranger.release(token)
    assert await tenant.work("2")
    await tenant.until_budget(MOST_MIB)
    assert len(tenant.pids) == 1


async def test_weights_do_not_grow_into_what_another_holds(scene: Scene) -> None:
    tenant, stranger = scene.tenant, scene.stranger
    tenant.let_end()
    assert await tenant.work("1")
    await stranger.take("t", 500)
    for job in ("2", "3"):
        assert await tenant.work(job)
        assert await scene.charged_mib() <= 1000
    assert len(tenant.pids) == 1


def _say_nothing(_position: int, _reason: str) -> None:
    return None


def stranger_token(stranger: Holder) -> int:
    """Returns the token of the stranger's last offer."""
    return next(r.offer.token for r in reversed(stranger.heard) if r.HasField("offer"))
