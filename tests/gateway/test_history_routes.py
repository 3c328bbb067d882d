from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from gateway import depot
from gateway.settings import Settings
from limner.progress.v1.progress_pb2 import STAGE_DENOISING
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, finish, job, listening, submit, take, until_status
from tests.gateway.scripted import Context, Request, Response, ScriptedService, draw, progress, result

UNKNOWN = "00000000-0000-7000-8000-000000000000"


async def usage(client: httpx.AsyncClient) -> Json:
    answer = await client.get("/history/usage")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def upload(client: httpx.AsyncClient, data: bytes) -> str:
    answer = await client.post("/images", content=data, headers={"Content-Type": "image/png"})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_a_deleted_job_is_gone_with_its_image(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    done = await finish(client, seed=1)
    assert (await client.get(done["images"][0]["url"])).status_code == 200
    for _ in range(2):
        answer = await client.delete(f"/history/{done['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await client.get(f"/jobs/{done['id']}")).status_code == 404
    assert (await client.get(f"/jobs/{done['id']}/events")).status_code == 404
    assert (await client.get(done["images"][0]["url"])).status_code == 404
    assert (await client.get("/jobs")).json()["jobs"] == []


async def test_many_are_deleted_at_once_and_what_is_not_there_is_passed_over(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    first, second, left = [await finish(client, seed=seed) for seed in (1, 2, 2)]
    ids = [first["id"], second["id"], first["id"], UNKNOWN]
    for count in (2, 0):
        answer = await client.post("/history/delete", json={"ids": ids})
        assert (answer.status_code, answer.json()) == (200, {"forgotten": count})
    assert (await client.get(first["images"][0]["url"])).status_code == 404
    assert (await client.get(left["images"][0]["url"])).status_code == 200
    assert await job(client, left["id"]) == left


@pytest.mark.parametrize("ids", [[], [""], ["x" * 37], "all", [UNKNOWN] * 1001])
async def test_what_cannot_be_ids_is_refused(
    service: ScriptedService, client: httpx.AsyncClient, ids: object
) -> None:
    answer = await client.post("/history/delete", json={"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_FIELDS")


async def test_a_job_that_runs_or_waits_is_cancelled_before_it_is_deleted(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    go_on = asyncio.Event()

    async def stay(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING, 1)
        await go_on.wait()
        yield result(request)

    service.usual = stay
    ids = [(await submit(client, seed=seed))["id"] for seed in range(3)]
    await until_status(client, ids[0], "running")
    for job_id in (ids[0], ids[2]):
        answer = await client.delete(f"/history/{job_id}")
        assert (answer.status_code, answer.json()["code"]) == (409, "JOB_NOT_ENDED")
        assert job_id in answer.json()["detail"]
        assert "DELETE /jobs/" in answer.json()["detail"]
    answer = await client.post("/history/delete", json={"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (409, "JOB_NOT_ENDED")
    for job_id in ids:
        await client.delete(f"/jobs/{job_id}")
        await until_status(client, job_id, "cancelled")
    assert (await client.post("/history/delete", json={"ids": ids})).json() == {"forgotten": 3}
    go_on.set()


async def test_readers_learn_that_a_job_is_gone(service: ScriptedService, client: httpx.AsyncClient) -> None:
    done = await finish(client)
    async with listening(client) as events:
        first = await take(events, lambda event: event["data"]["type"] == "queue")
        await client.delete(f"/history/{done['id']}")
        await take(events, lambda event: event["data"]["type"] == "reset")
    async with listening(client, first[0]["id"]) as events:
        assert (await take(events, lambda _event: True))[0]["data"]["type"] == "reset"


async def test_readers_at_another_gateway_learn_it_too(
    service: ScriptedService, settings: Settings, postgres: str
) -> None:
    settings = settings.model_copy(update={"database": postgres})
    async with running_gateway(settings) as client, running_gateway(settings) as other:
        done = await finish(client)
        async with listening(other) as events:
            await take(events, lambda event: event["data"]["type"] == "queue")
            await client.delete(f"/history/{done['id']}")
            await take(events, lambda event: event["data"]["type"] == "reset")
        assert (await other.get(f"/jobs/{done['id']}")).status_code == 404
        assert (await other.get(done["images"][0]["url"])).status_code == 404


async def test_usage_says_what_is_kept_and_what_goes_next(
    service: ScriptedService, settings: Settings
) -> None:
    settings = settings.model_copy(update={"keep_days": 2.0, "keep_bytes": 10**6})
    async with running_gateway(settings) as client:
        old, twin, starred = [await finish(client, seed=seed) for seed in (1, 1, 2)]
        await client.patch(f"/jobs/{starred['id']}", json={"favourite": True})
        await upload(client, draw(7, 32, 32))
        sizes = {seed: len(draw(seed)) for seed in (1, 2)}
        found = await usage(client)
        assert found["favourites"] == {"count": 1, "image_bytes": sizes[2]}
        assert found["jobs"] == {"count": 2, "image_bytes": sizes[1]}
        assert found["uploads"]["count"] == 1
        assert found["uploads"]["image_bytes"] > 0
        assert found["limit_bytes"] == 10**6
        assert [each["id"] for each in found["goes_next"]] == [old["id"], twin["id"]]
        assert found["goes_next"][0]["freed_bytes"] == 0
        assert found["goes_next"][0]["goes_at"] > old["finished_at"]


async def test_without_limits_nothing_goes_next(service: ScriptedService, client: httpx.AsyncClient) -> None:
    await finish(client)
    found = await usage(client)
    assert (found["limit_bytes"], found["goes_next"]) == (None, [])


async def test_a_studio_that_starts_lets_go_what_is_due(service: ScriptedService, settings: Settings) -> None:
    async with running_gateway(settings) as client:
        first = await finish(client, seed=1)
        starred = await finish(client, seed=2)
        await client.patch(f"/jobs/{starred['id']}", json={"favourite": True})
    async with running_gateway(settings.model_copy(update={"keep_days": 1e-9})) as client:
        async with asyncio.timeout(30):
            while (await client.get(f"/jobs/{first['id']}")).status_code == 200:
                await asyncio.sleep(0.01)
        assert (await client.get(starred["images"][0]["url"])).status_code == 200
        assert [each["id"] for each in (await client.get("/jobs")).json()["jobs"]] == [starred["id"]]


async def test_a_job_without_events_any_more_is_still_there(
    service: ScriptedService, settings: Settings
) -> None:
    async with running_gateway(settings) as client:
        done = await finish(client)
    async with running_gateway(settings.model_copy(update={"keep_events_days": 1e-9})) as client:
        async with asyncio.timeout(30):
            while (await client.get(f"/jobs/{done['id']}/events")).json()["events"]:
                await asyncio.sleep(0.01)
        assert await job(client, done["id"]) == done


class Room(NamedTuple):
    """What a disk says of itself."""

    total: int
    used: int
    free: int


async def test_a_full_disk_refuses_work_before_it_starts_and_takes_it_when_there_is_room(
    service: ScriptedService, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"prompt": "a red circle", "width": 64, "height": 64, "count": 2}
    needed_bytes = 2 * 64 * 64 * 3
    before = await finish(client)
    calls = len(service.calls)

    def tell(_path: Path) -> Room:
        return Room(10**9, 10**9, round(1.1 * needed_bytes) - 1)

    monkeypatch.setattr(depot, "FRESH_S", 0.0)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", tell)
        answer = await client.post("/generate/text-to-image", json=body)
        assert (answer.status_code, answer.json()["code"]) == (507, "INSUFFICIENT_STORAGE")
        assert "free some space" in answer.json()["detail"]
        batch = {"request": body | {"kind": "text-to-image", "count": 1}, "seeds": [1, 2]}
        assert (await client.post("/generate/batch", json=batch)).status_code == 507
        assert len(service.calls) == calls
        assert [each["id"] for each in (await client.get("/jobs")).json()["jobs"]] == [before["id"]]
    again = await client.post("/generate/text-to-image", json=body, headers={"Prefer": "wait=60"})
    assert (again.status_code, again.json()["status"]) == (200, "succeeded")


async def test_an_upload_is_held_until_nobody_needs_it(
    service: ScriptedService, settings: Settings, tmp_path: Path
) -> None:
    async with running_gateway(settings) as client:
        image_id = await upload(client, draw(7, 32, 32))
    for file in (tmp_path / "images").rglob("*"):
        if file.is_file():
            os.utime(file, (time.time() - 7200, time.time() - 7200))
    async with running_gateway(settings) as client:
        assert (await client.get(f"/images/{image_id}")).status_code == 200
        assert (await usage(client))["uploads"]["count"] == 1
