"""What a queue of many thousands costs."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx

from gateway.jobs.job import State
from gateway.settings import Settings
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import job, submit
from tests.gateway.records import fresh, opened_records
from tests.gateway.scripted import ScriptedService

COUNT = 3000


async def fill(folder: Path, owner: str = "") -> list[str]:
    """Leaves jobs waiting in a database that no gateway has open."""
    jobs = [fresh(owner=owner, model="shapes") for _ in range(COUNT)]
    with opened_records(folder) as records:
        await records.store.add(jobs)
    return [each.id for each in jobs]


async def paused(client: httpx.AsyncClient) -> None:
    assert (await client.patch("/queue", json={"paused": True})).status_code == 200


async def test_a_long_queue_is_cleared_in_parts_between_which_others_are_served(
    service: ScriptedService, settings: Settings, tmp_path: Path
) -> None:
    async with running_gateway(settings) as client:
        await paused(client)
    ids = await fill(tmp_path)
    async with running_gateway(settings) as client:
        assert (await client.get("/queue", params={"limit": 1})).json()["total"] == COUNT
        clearing = asyncio.create_task(client.post("/queue/clear"))
        longest_s = 0.0
        late: list[str] = []
        while not clearing.done():
            began = time.perf_counter()
            late.append((await submit(client))["id"])
            longest_s = max(longest_s, time.perf_counter() - began)
        cleared = (await clearing).json()["cancelled"]
        assert COUNT <= cleared <= COUNT + len(late)
        assert (await job(client, ids[-1]))["status"] == "cancelled"
        assert longest_s < 2.0  # 0.1 on a quiet machine
        total = (await client.get("/queue")).json()["total"]
        assert total == COUNT + len(late) - cleared
        assert len((await client.get(f"/jobs/{ids[0]}/events")).json()["events"]) == 2


async def test_the_last_of_a_long_queue_is_put_first(
    service: ScriptedService, settings: Settings, tmp_path: Path
) -> None:
    async with running_gateway(settings) as client:
        await paused(client)
    ids = await fill(tmp_path)
    async with running_gateway(settings) as client:
        order = [ids[-1], ids[1000]]
        shown = (await client.put("/queue/order", json={"ids": order})).json()
        assert [each["id"] for each in shown["waiting"][:3]] == [*order, ids[0]]
        again = (await client.put("/queue/order", json={"ids": [ids[7]]})).json()
        assert [each["id"] for each in again["waiting"][:4]] == [ids[7], *order, ids[0]]


async def test_only_what_waits_and_is_ones_own_is_cleared(tmp_path: Path) -> None:
    mine, others, running = fresh(owner="ann"), fresh(owner="ben"), fresh(State.RUNNING, owner="ann")
    younger = fresh(owner="ann")
    with opened_records(tmp_path) as records:
        await records.store.add([mine, others, running, younger])
        assert await records.store.cancel_waiting("ann", running.id, 10) == [mine.id]
        assert await records.store.cancel_waiting("ann", running.id, 10) == []
        left = await records.store.get_all([mine.id, others.id, running.id, younger.id])
        assert [left[each.id].state for each in (mine, others, running, younger)] == [
            State.CANCELLED,
            State.QUEUED,
            State.RUNNING,
            State.QUEUED,
        ]
        assert {entry.id for entry in await records.store.line()} == {others.id, younger.id}
