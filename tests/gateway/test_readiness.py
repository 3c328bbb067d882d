"""Readiness against real arbiters: a ticket of zero bytes goes the way of every other."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from gateway.readiness import take_ticket
from gateway.settings import Settings
from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.channel import connect
from tests.arbiter.conftest import CAPACITY_MIB, ArbiterProcess, serving
from tests.arbiter.holder import session, to_stub
from tests.gateway.conftest import running_gateway
from tests.gateway.scripted import ScriptedService


@pytest.fixture
async def arbiter_process(sockets: Path) -> AsyncIterator[ArbiterProcess]:
    """An arbiter in a process of its own, where the gateway of the test looks for it."""
    address = f"unix:{sockets}/arbiter"
    env = {**os.environ, "LIMNER_ARBITER_LISTEN": address, "LIMNER_ARBITER_RUN_DIR": str(sockets)}
    arbiter = ArbiterProcess(address, env)
    async with connect(address) as channel:
        await arbiter.start(to_stub(channel))
    yield arbiter
    await arbiter.kill()


async def test_a_ticket_is_asked_for_offered_confirmed_and_given_back(sockets: Path) -> None:
    (sockets / "holders").mkdir()
    async with serving(sockets) as address, connect(address) as channel:
        stub = to_stub(channel)
        await take_ticket(stub)
        snapshot = await stub.Snapshot(pb.SnapshotRequest())
        assert snapshot.decisions["lease_granted"] == snapshot.decisions["lease_freed"] == 1
        assert not snapshot.leases
        assert not snapshot.loads


async def test_a_full_card_with_a_queue_is_ready(sockets: Path) -> None:
    (sockets / "holders").mkdir()
    async with AsyncExitStack() as stack:
        stub = to_stub(
            await stack.enter_async_context(connect(await stack.enter_async_context(serving(sockets))))
        )
        first, second = [await stack.enter_async_context(session(stub, name)) for name in ("a", "b")]
        await first.hello(pid=os.getpid(), service="t2i")
        await second.hello(pid=os.getpid(), service="edit")
        await first.begin(await first.take("t1", CAPACITY_MIB))
        await second.acquire("t2", CAPACITY_MIB)
        await second.hear("position")
        await take_ticket(stub)
        assert dict((await stub.Snapshot(pb.SnapshotRequest())).loads) == {"t2i": 1}


async def test_readiness_turns_red_while_the_arbiter_is_stuck(
    service: ScriptedService, arbiter_process: ArbiterProcess, settings: Settings
) -> None:
    assert arbiter_process.process is not None
    async with running_gateway(settings) as client:
        assert await _arbiter_part(client) == (True, "grants memory")
        arbiter_process.process.send_signal(signal.SIGSTOP)
        assert await _arbiter_part(client) == (False, "A ticket of zero bytes took more than 3 s.")
        arbiter_process.process.send_signal(signal.SIGCONT)
        assert await _arbiter_part(client) == (True, "grants memory")


async def _arbiter_part(client: httpx.AsyncClient) -> tuple[bool, str]:
    answer = await client.get("/readyz")
    part = next(part for part in answer.json()["parts"] if part["name"] == "arbiter")
    assert (answer.status_code == 200) == part["ready"]
    return part["ready"], part["detail"]
