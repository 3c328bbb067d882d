from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from gateway.settings import Settings
from limner.progress.v1.progress_pb2 import STAGE_DENOISING, STAGE_LOADING
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, finish, is_end_of, listening, submit, take
from tests.gateway.scripted import Context, Request, Response, ScriptedService, preview, progress, result


def jobs(events: list[Json]) -> list[Json]:
    return [event["data"]["job"] for event in events if event["data"]["type"] == "job"]


async def test_a_new_stream_starts_with_a_reset_and_the_queue(client: httpx.AsyncClient) -> None:
    async with listening(client) as events:
        first = await take(events, lambda event: event["data"]["type"] == "queue")
    assert [event["data"]["type"] for event in first] == ["reset", "queue"]
    assert first[0]["id"] == "0"
    assert first[1]["data"] == {
        "type": "queue",
        "waiting": [],
        "total": 0,
        "held_up_by": None,
        "paused": False,
    }


async def test_a_job_is_told_from_acceptance_to_result_in_whole_snapshots(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async with listening(client) as events:
        accepted = await submit(client)
        told = await take(events, is_end_of(accepted["id"]))
    snapshots = jobs(told)
    assert [snapshot["status"] for snapshot in snapshots] == ["queued", "running", "succeeded"]
    assert all(snapshot["request"] == accepted["request"] for snapshot in snapshots)
    assert snapshots[-1]["images"][0]["seed"] == accepted["request"]["seed"]
    ids = [int(event["id"]) for event in told if event["id"] is not None]
    assert ids == sorted(ids)


async def test_a_reconnecting_reader_is_told_what_it_missed(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    first = await finish(client)
    async with listening(client) as events:
        last_seen = (await take(events, lambda _: True))[0]["id"]
    second = await finish(client)
    async with listening(client, last_seen) as events:
        missed = await take(events, lambda event: event["data"]["type"] == "queue")
    assert jobs(missed) == [second]
    assert first["id"] != second["id"]


async def test_a_reader_that_missed_nothing_is_told_nothing_twice(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async with listening(client) as events:
        done = await submit(client)
        last_seen = (await take(events, is_end_of(done["id"])))[-1]["id"]
    async with listening(client, last_seen) as events:
        missed = await take(events, lambda event: event["data"]["type"] == "queue")
    assert [event["data"]["type"] for event in missed] == ["queue"]


async def test_an_id_from_the_future_or_no_id_at_all_is_answered_with_a_reset(
    client: httpx.AsyncClient,
) -> None:
    for last_event_id in ("999", "nonsense", "-1", "9" * 40):
        async with listening(client, last_event_id) as events:
            assert (await take(events, lambda _: True))[0]["data"] == {"type": "reset"}


async def test_events_go_on_across_a_restart(settings: Settings, service: ScriptedService) -> None:
    async with running_gateway(settings) as client:
        await finish(client)
        async with listening(client) as events:
            last_seen = (await take(events, lambda _: True))[0]["id"]
    async with running_gateway(settings) as client:
        done = await finish(client)
        async with listening(client, last_seen) as events:
            assert jobs(await take(events, lambda event: event["data"]["type"] == "queue")) == [done]


async def test_previews_are_shown_at_most_twice_a_second_and_never_kept(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def show(request: Request, context: Context) -> AsyncIterator[Response]:
        for step in range(4):
            yield preview(step)
        yield result(request)

    service.scripts = [show]
    async with listening(client) as events:
        accepted = await submit(client)
        told = await take(events, is_end_of(accepted["id"]))
    previews = [event for event in told if event["data"]["type"] == "preview"]
    assert len(previews) == 1
    assert previews[0]["id"] is None
    assert previews[0]["data"]["job_id"] == accepted["id"]
    assert previews[0]["data"]["data_url"] == "data:image/webp;base64,UklGRg=="
    history = (await client.get(f"/jobs/{accepted['id']}/events")).json()["events"]
    assert {event["type"] for event in history} == {"job"}


async def test_stages_are_told_as_they_begin(service: ScriptedService, client: httpx.AsyncClient) -> None:
    heard = {STAGE_LOADING: asyncio.Event(), STAGE_DENOISING: asyncio.Event()}

    async def step(request: Request, context: Context) -> AsyncIterator[Response]:
        for stage, is_heard in heard.items():
            yield progress(stage, 2)
            await is_heard.wait()
        yield result(request)

    service.scripts = [step]
    async with listening(client) as events:
        await submit(client)
        for name, is_heard in zip(("loading", "denoising"), heard.values(), strict=True):
            told = await take(events, lambda event, name=name: is_at(event, name))
            assert told[-1]["data"]["job"]["progress"]["step"] == 2
            is_heard.set()


def is_at(event: Json, stage: str) -> bool:
    data = event["data"]
    return data["type"] == "job" and data["job"]["progress"]["stage"] == stage


async def test_the_queue_says_what_holds_it_up(client: httpx.AsyncClient, sockets: Path) -> None:
    async with listening(client) as events:
        accepted = await submit(client)
        told = await take(events, lambda event: bool(event["data"].get("held_up_by")))
    assert told[-1]["data"]["waiting"] == [accepted["id"]]
    assert "not answering" in told[-1]["data"]["held_up_by"]


async def test_a_reader_that_does_not_read_holds_nobody_up(
    service: ScriptedService, client: httpx.AsyncClient, settings: Settings
) -> None:
    host, port = client.base_url.host, client.base_url.port
    _, deaf = await asyncio.open_connection(host, port)
    deaf.write(f"GET /events HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await deaf.drain()
    async with listening(client) as events:
        done = [await finish(client) for _ in range(20)]
        told = await take(events, is_end_of(done[-1]["id"]))
    assert [job["id"] for job in jobs(told) if job["status"] == "succeeded"] == [job["id"] for job in done]
    deaf.close()
    await deaf.wait_closed()
