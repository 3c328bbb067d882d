"""What belongs to one caller, as the others see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.settings import Settings
from tests.gateway.callers import Callers, ask_desk, bearer, calling
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish, is_end_of, listening, submit, take, until_status
from tests.gateway.scripted import ScriptedService, draw
from tests.gateway.test_edit_routes import keep
from tests.gateway.test_uploads import halves, packed
from tests.gateway.turns import OneByOne


@pytest.fixture
async def callers(settings: Settings, service: ScriptedService) -> AsyncIterator[Callers]:
    async with calling(settings) as callers:
        yield callers


async def test_each_finds_only_their_own_jobs(callers: Callers) -> None:
    hers, his = await finish(callers.ada), await finish(callers.bob)
    for client, own in ((callers.ada, hers), (callers.bob, his)):
        assert [job["id"] for job in (await client.get("/jobs")).json()["jobs"]] == [own["id"]]
    assert (await callers.admin.get("/jobs")).json()["jobs"] == []


async def test_an_idempotency_key_is_the_callers_own(callers: Callers) -> None:
    key = {"Idempotency-Key": "same"}
    hers, his = [
        (await client.post("/generate/text-to-image", json={"prompt": "x"}, headers=key)).json()["id"]
        for client in (callers.ada, callers.bob)
    ]
    assert hers != his


async def test_a_picture_is_there_for_who_has_it(callers: Callers) -> None:
    data = packed(halves(64, 64))
    image_id = await keep(callers.ada, data)
    for path in (f"/images/{image_id}", f"/images/{image_id}/thumbnail", f"/images/{image_id}?format=webp"):
        assert (await callers.ada.get(path)).status_code == 200, path
        assert (await callers.bob.get(path)).status_code == 404, path
        assert (await callers.bob.get(path, headers={"If-None-Match": "*"})).status_code == 404, path
    assert await keep(callers.bob, data) == image_id
    assert (await callers.bob.get(f"/images/{image_id}")).status_code == 200


async def test_a_finished_picture_is_its_owners(callers: Callers) -> None:
    image = (await finish(callers.ada, seed=1))["images"][0]
    assert (await callers.ada.get(image["url"])).content == draw(1)
    assert (await callers.bob.get(image["url"])).status_code == 404
    await finish(callers.bob, seed=1)  # the same pixels, which are his now, too
    assert (await callers.bob.get(image["url"])).content == draw(1)


async def test_a_request_cannot_name_anothers_picture(callers: Callers, settings: Settings) -> None:
    image_id = await keep(callers.ada, packed(halves(64, 64)))
    body = {"image": image_id, "scale": 2}
    missing, other = [
        (await callers.bob.post("/generate/tiled", json={**body, "image": each})).json()
        for each in ("0" * 64, image_id)
    ]
    assert missing["status"] == other["status"]
    assert missing["code"] == other["code"]


async def test_events_and_their_replay_are_the_callers_own(callers: Callers) -> None:
    async with listening(callers.bob) as events:
        await take(events, lambda event: event["data"]["type"] == "queue")
        hers, his = await finish(callers.ada), await finish(callers.bob)
        heard = await take(events, is_end_of(his["id"]))
    assert {event["data"]["job"]["id"] for event in heard if event["data"]["type"] == "job"} == {his["id"]}
    async with listening(callers.bob, last_event_id="0") as events:
        replayed = await take(events, lambda event: event["data"]["type"] == "queue")
    assert {event["data"]["job"]["id"] for event in replayed if event["data"]["type"] == "job"} == {his["id"]}
    assert hers["id"] not in str(heard) + str(replayed)


async def test_the_queue_shows_ones_own_jobs_and_how_many_wait_in_all(
    callers: Callers, service: ScriptedService
) -> None:
    service.usual = one_by_one = OneByOne()
    first = (await submit(callers.ada, seed=0))["id"]
    await until_status(callers.ada, first, "running")
    hers = [(await submit(callers.ada, seed=seed))["id"] for seed in (1, 2)]
    his = [(await submit(callers.bob, seed=seed))["id"] for seed in (3, 4)]
    for client, own in ((callers.ada, hers), (callers.bob, his)):
        queue = (await client.get("/queue")).json()
        assert [job["id"] for job in queue["waiting"]] == own
        assert queue["total"] == 4
    async with listening(callers.bob) as events:
        event = (await take(events, lambda event: event["data"]["type"] == "queue"))[-1]["data"]
    assert (event["waiting"], event["total"]) == (his, 4)

    await callers.bob.put("/queue/order", json={"ids": hers[::-1]})
    assert [job["id"] for job in (await callers.ada.get("/queue")).json()["waiting"]] == hers
    assert (await callers.bob.post("/queue/clear")).json() == {"cancelled": 2}
    assert (await callers.ada.get("/queue")).json()["total"] == 2
    one_by_one.let(3)
    for job_id in (first, *hers):
        await until_status(callers.ada, job_id, "succeeded")


async def test_only_the_admin_pauses_what_is_everybodys(callers: Callers) -> None:
    refused = await callers.ada.patch("/queue", json={"paused": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "ADMIN_ONLY")
    assert "'admin'" in refused.json()["detail"]
    assert (await callers.admin.patch("/queue", json={"paused": True})).json()["paused"]
    assert (await callers.ada.get("/queue")).json()["paused"]
    await callers.admin.patch("/queue", json={"paused": False})


async def test_a_revoked_token_is_refused_within_seconds_and_its_stream_ends(
    callers: Callers, settings: Settings
) -> None:
    async with listening(callers.ada) as events:
        await take(events, lambda event: event["data"]["type"] == "queue")
        await asyncio.to_thread(ask_desk, settings, "revoke", "ada")
        async with asyncio.timeout(10):
            while (await callers.ada.get("/jobs")).status_code != 401:
                await asyncio.sleep(0.05)
        await submit(callers.bob)  # what others do makes the stream send something
        await callers.admin.patch("/queue", json={"paused": True})
        heard = [event async for event in events]
    assert heard == []
    assert (await callers.bob.get("/jobs")).status_code == 200


async def test_a_token_works_at_once_for_a_gateway_that_runs(settings: Settings) -> None:
    async with running_gateway(settings) as client:
        assert (await client.get("/jobs")).status_code == 200
        secret = (await asyncio.to_thread(ask_desk, settings, "add", "ada", "{}"))["secret"]
        async with asyncio.timeout(10):
            while (await client.get("/jobs")).status_code != 401:
                await asyncio.sleep(0.05)
        assert (await client.get("/jobs", headers=bearer(secret))).status_code == 200


async def test_two_gateways_on_one_database_refuse_a_revoked_token(settings: Settings, postgres: str) -> None:
    shared = settings.model_copy(update={"database": postgres})
    async with calling(shared) as callers, running_gateway(shared) as second:
        headers = bearer(callers.secrets["ada"])
        assert (await second.get("/jobs", headers=headers)).status_code == 200
        await asyncio.to_thread(ask_desk, shared, "revoke", "ada")
        async with asyncio.timeout(10):
            for client in (callers.nobody, second):
                while (await client.get("/jobs", headers=headers)).status_code != 401:
                    await asyncio.sleep(0.05)


async def test_the_sign_in_keeps_the_token_where_no_script_reads_it(callers: Callers) -> None:
    secret = callers.secrets["ada"]
    answer = await callers.nobody.post("/session", json={"token": secret})
    assert answer.json() == {"name": "ada", "admin": False}
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age="))
    assert "Secure" not in cookie
    assert (await callers.nobody.get("/jobs")).status_code == 200
    assert (await callers.nobody.get("/jobs", headers=bearer("lim_x"))).status_code == 401
    assert (await callers.nobody.delete("/session")).status_code == 204
    assert (await callers.nobody.get("/jobs")).status_code == 401


async def test_behind_a_proxy_that_speaks_tls_the_cookie_is_secure(callers: Callers) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    answer = await callers.nobody.post("/session", json={"token": callers.secrets["ada"]}, headers=headers)
    assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_wrong_token_signs_nobody_in(callers: Callers) -> None:
    answer = await callers.nobody.post("/session", json={"token": "lim_wrong"})
    assert (answer.status_code, answer.json()["code"]) == (401, "TOKEN_REFUSED")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "cookie", ["limner_session=", 'limner_session="\\', "a=b; limner_session=lim_x", ";;=;"]
)
async def test_a_broken_cookie_is_no_token(callers: Callers, cookie: str) -> None:
    assert (await callers.nobody.get("/jobs", headers={"Cookie": cookie})).status_code == 401


async def test_whoever_runs_the_studio_may_ask_how_it_is_without_a_token_of_a_person(
    settings: Settings, service: ScriptedService
) -> None:
    probed = settings.model_validate({**settings.model_dump(), "probe_secret": "probe"})
    async with calling(probed) as callers:
        assert (await callers.nobody.get("/readyz", headers=bearer("probe"))).status_code == 503
        assert (await callers.nobody.get("/metrics", headers=bearer("probe"))).status_code == 200
        assert (await callers.nobody.get("/readyz", headers=bearer("other"))).status_code == 401
        assert (await callers.nobody.get("/jobs", headers=bearer("probe"))).status_code == 401
