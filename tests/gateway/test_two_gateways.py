from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from gateway.jobs.claims import Claims
from gateway.jobs.job import Job
from gateway.jobs.store import JobStore
from gateway.replicas import Replica
from gateway.settings import Settings
from limner.progress.v1.progress_pb2 import STAGE_DENOISING
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import (
    Json,
    is_end_of,
    job,
    listening,
    submit,
    take,
    until,
    until_status,
)
from tests.gateway.scripted import Context, Request, Response, ScriptedService, progress, result, serve_images
from tests.gateway.test_dispatch import Gate, wait_in_line
from tests.gateway.test_gateway_process import base_url, start
from tests.gateway.turns import OneByOne

Client = httpx.AsyncClient


@pytest.fixture
def settings(settings: Settings, postgres: str) -> Settings:
    return settings.model_copy(update={"database": postgres})


@pytest.fixture
async def first(service: ScriptedService, settings: Settings) -> AsyncIterator[Client]:
    """A client of a gateway with the service."""
    async with running_gateway(settings) as client:
        yield client


@pytest.fixture
async def second(first: Client, settings: Settings) -> AsyncIterator[Client]:
    """A client of another gateway on the same database and the same service."""
    async with running_gateway(settings) as client:
        yield client


@pytest.fixture
async def idle(
    service: ScriptedService, first: Client, settings: Settings, sockets: Path
) -> AsyncIterator[Client]:
    """A client of another gateway, which has found its own service down: what runs, the first one runs."""
    async with running_gateway(settings.model_copy(update={"t2i": (f"unix:{sockets}/none",)})) as client:
        await find_down(client, first, service)
        service.calls.clear()
        yield client


async def find_down(client: Client, first: Client, service: ScriptedService) -> None:
    """Returns when a gateway has tried its own service in vain, while the other's had its hands full."""
    turns, usual = OneByOne(), service.usual
    service.usual = turns
    jobs = [(await submit(client, seed=seed))["id"] for seed in range(4)]
    while (await client.get("/queue")).json()["held_up_by"] is None:
        await asyncio.sleep(0.01)
    turns.let(len(jobs))
    await end_all(first, jobs)
    service.usual = usual


async def read(database: str, query: str) -> list[tuple[Any, ...]]:
    def run() -> list[tuple[Any, ...]]:
        engine = sa.create_engine(database, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(query))]

    return await asyncio.to_thread(run)


async def waiting(client: Client) -> list[str]:
    return [each["id"] for each in (await client.get("/queue")).json()["waiting"]]


async def end_all(client: Client, ids: list[str]) -> list[Json]:
    """Returns the jobs as they ended; each ended once."""
    done = [await until(client, each, lambda job: job["finished_at"] is not None) for each in ids]
    for each in ids:
        history = (await client.get(f"/jobs/{each}/events")).json()["events"]
        assert [event["job"]["finished_at"] is not None for event in history].count(True) == 1
    return done


async def test_jobs_sent_to_two_gateways_each_run_once(
    service: ScriptedService, first: Client, second: Client, settings: Settings
) -> None:
    sent = [submit([first, second][number % 2], seed=number) for number in range(200)]
    await asyncio.gather(*sent)
    async with asyncio.timeout(100):
        while await read(settings.database, "SELECT 1 FROM jobs WHERE finished_at IS NULL LIMIT 1"):
            await asyncio.sleep(0.1)
    ends = "SELECT count(*) FROM job_events WHERE state = 'succeeded' GROUP BY job_id"
    assert await read(settings.database, ends) == [(1,)] * 200
    assert sorted(request.seeds[0] for request in service.calls) == list(range(200))
    assert len(await read(settings.database, "SELECT DISTINCT holder FROM jobs")) == 2


async def test_both_tell_the_same_events_once_in_one_order(first: Client, second: Client) -> None:
    async with listening(first) as here, listening(second) as there:
        await take(here, lambda event: event["data"]["type"] == "queue")
        await take(there, lambda event: event["data"]["type"] == "queue")
        ids = [(await submit([first, second][number % 2], seed=number))["id"] for number in range(20)]
        await end_all(first, ids)
        last = await submit(first)
        told = [await take(each, is_end_of(last["id"])) for each in (here, there)]
    for events in told:
        seqs = [int(event["id"]) for event in events if event["id"] is not None]
        assert all(before < after for before, after in pairwise(seqs))
        ended = [
            event["data"]["job"]["id"]
            for event in events
            if event["data"]["type"] == "job" and event["data"]["job"]["finished_at"] is not None
        ]
        assert sorted(ended) == sorted([*ids, last["id"]])


async def test_a_reader_goes_on_at_the_other_gateway(first: Client, second: Client) -> None:
    async with listening(first) as events:
        done = await submit(first)
        seen = await take(events, is_end_of(done["id"]))
    missed = [(await submit(first, seed=seed))["id"] for seed in range(3)]
    await end_all(first, missed)
    async with listening(second, seen[-1]["id"]) as events:
        told = await take(events, is_end_of(missed[-1]))
    assert {event["data"]["job"]["id"] for event in told if event["data"]["type"] == "job"} == set(missed)


async def test_waiting_for_a_job_that_another_gateway_runs(first: Client, idle: Client) -> None:
    answer = await idle.post(
        "/generate/text-to-image", json={"prompt": "a red circle"}, headers={"Prefer": "wait=60"}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")


async def test_a_job_is_cancelled_at_the_gateway_that_does_not_run_it(
    service: ScriptedService, first: Client, idle: Client
) -> None:
    service.usual = gate = Gate()
    running = await submit(first)
    await gate.reached.wait()
    await until_status(idle, running["id"], "running")
    assert (await idle.delete(f"/jobs/{running['id']}")).json()["status"] == "cancelling"
    async with asyncio.timeout(30):
        await gate.hung_up.wait()
    await until_status(idle, running["id"], "cancelled")


async def test_a_pause_holds_for_every_gateway(
    service: ScriptedService, first: Client, idle: Client, settings: Settings
) -> None:
    await idle.patch("/queue", json={"paused": True})
    async with asyncio.timeout(30):
        while not (await first.get("/queue")).json()["paused"]:
            await asyncio.sleep(0.01)
    waiting = await submit(first)
    async with running_gateway(settings) as third:
        assert (await third.get("/queue")).json()["paused"]
    assert service.calls == []
    await idle.patch("/queue", json={"paused": False})
    await until_status(first, waiting["id"], "succeeded")


async def test_the_order_by_hand_holds_for_every_gateway(
    service: ScriptedService, first: Client, idle: Client
) -> None:
    service.usual = turns = OneByOne()
    ids = [(await submit(first, seed=seed))["id"] for seed in range(5)]
    await until_status(idle, ids[0], "running")
    await turns.until_held([0, 1])
    await idle.put("/queue/order", json={"ids": [ids[4], ids[3]]})
    await idle.patch(f"/jobs/{ids[1]}", json={"priority": "background"})
    wanted = [ids[4], ids[3], ids[2], ids[1]]
    async with asyncio.timeout(30):
        while not await waiting(first) == await waiting(idle) == wanted:
            await asyncio.sleep(0.01)
    await turns.until_held([0, 4])
    turns.let(len(ids))
    await end_all(first, ids)
    assert turns.begun == [0, 4, 3, 2, 1]


async def test_a_gateway_that_hears_of_its_own_job_before_it_has_answered_gives_it_out_once(
    service: ScriptedService, first: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = JobStore.add

    async def add_slowly(store: JobStore, added: Sequence[Job], *rest: Any) -> None:
        await add(store, added, *rest)
        async with asyncio.timeout(30):
            while added[0].request["seed"] not in called():
                await asyncio.sleep(0.01)

    def called() -> list[int]:
        return [request.seeds[0] for request in service.calls]

    service.usual = wait_in_line
    with monkeypatch.context() as patched:
        patched.setattr(JobStore, "add", add_slowly)
        await submit(first, seed=0)
    await submit(first, seed=1)
    async with asyncio.timeout(30):
        while len(service.calls) < Replica.SLOTS:
            await asyncio.sleep(0.01)
    assert called() == [0, 1]


async def test_a_job_that_is_put_off_elsewhere_while_it_is_taken_back_is_put_off(
    service: ScriptedService, first: Client, idle: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.usual = turns = OneByOne()
    ids = [(await submit(first, seed=seed))["id"] for seed in range(4)]
    await turns.until_held([0, 1])
    release = Claims.release

    async def release_slowly(claims: Claims, job: Job) -> Job:
        released = await release(claims, job)
        await idle.patch(f"/jobs/{job.id}", json={"priority": "background"})
        ids.append((await submit(idle, seed=4, priority="background"))["id"])
        async with asyncio.timeout(30):
            while ids[-1] not in await waiting(first):  # hears in order: of what was before, too
                await asyncio.sleep(0.01)
        return released

    with monkeypatch.context() as patched:
        patched.setattr(Claims, "release", release_slowly)
        await first.put("/queue/order", json={"ids": [ids[3]]})
    await turns.until_held([0, 3])
    turns.let(len(ids))
    await end_all(first, ids)
    assert turns.begun == [0, 3, 2, 1, 4]


async def test_both_show_the_same_queue(service: ScriptedService, first: Client, second: Client) -> None:
    service.usual = turns = OneByOne()
    ids = [(await submit(first, seed=seed))["id"] for seed in range(8)]
    await until_status(second, ids[0], "running")
    async with asyncio.timeout(30):
        while not set(await waiting(first)) == set(await waiting(second)) == set(ids[1:]):
            await asyncio.sleep(0.01)
    turns.let(len(ids))
    await end_all(second, ids)


async def test_what_a_stopped_gateway_ran_is_taken_over_at_once(
    service: ScriptedService, settings: Settings
) -> None:
    gate = Gate()
    service.scripts = [gate]
    async with AsyncExitStack() as stopped, AsyncExitStack() as left:
        first = await stopped.enter_async_context(running_gateway(settings))
        running = await submit(first)
        await gate.reached.wait()
        second = await left.enter_async_context(running_gateway(settings))
        assert (await job(second, running["id"]))["status"] == "running"
        await stopped.aclose()
        assert (await until_status(second, running["id"], "succeeded"))["images"]


async def test_a_gateway_that_stops_hearing_catches_up(
    service: ScriptedService, first: Client, idle: Client, settings: Settings
) -> None:
    def cut_off() -> None:
        engine = sa.create_engine(settings.database, poolclass=sa.NullPool)
        every = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'limner%'"
        with engine.begin() as connection:
            connection.execute(sa.text(every))

    service.usual = gate = Gate()
    running = await submit(first)
    await gate.reached.wait()
    async with listening(idle) as events:
        await take(events, lambda event: event["data"]["type"] == "queue")
        await asyncio.to_thread(cut_off)
        gate.go_on.set()
        await take(events, is_end_of(running["id"]))
    assert (await job(first, running["id"]))["status"] == "succeeded"
    assert (await idle.post("/generate/text-to-image", json={"prompt": "x"})).status_code == 202


async def test_a_killed_gateway_loses_no_job(
    service: ScriptedService, settings: Settings, sockets: Path
) -> None:
    async def work(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING, 1)
        await asyncio.sleep(0.1)
        yield result(request)

    service.usual = work
    other = ScriptedService(usual=work)
    async with serve_images(sockets / "other", other):
        killed = await start(settings)
        left = await start(settings.model_copy(update={"t2i": (f"unix:{sockets}/other",)}))
        urls = [await base_url(killed), await base_url(left)]
        async with (
            httpx.AsyncClient(base_url=urls[0]) as first,
            httpx.AsyncClient(base_url=urls[1]) as second,
        ):
            sent = [submit([first, second][number % 2], seed=number) for number in range(60)]
            ids = [each["id"] for each in await asyncio.gather(*sent)]
            await until_status(second, ids[10], "succeeded")
            killed.kill()
            await killed.wait()
            done = await end_all(second, ids)
            assert [each["images"][0]["seed"] for each in done] == list(range(60))
        left.terminate()
        assert await left.wait() == 0
    assert service.calls, "the killed gateway has worked, too"
