"""Keys and cursors as nobody should send them, with each kind of database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway.callers import calling
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish, submit
from tests.gateway.scripted import ScriptedService

PATH = "/generate/text-to-image"
BATCH = {"request": {"kind": "text-to-image", "prompt": "x"}, "prompts": ["a", "b", "c"]}
ODD_KEYS = [
    b'"quoted"',
    b"' OR 1=1; --",
    b"%00\\u0000\\",
    "ключ 🦆".encode(),
    "é".encode("latin-1"),
    b"\x80\xff",
    b"a\tb",
    b"x" * 255,
]


@pytest.fixture
def settings(settings: Settings, database: str) -> Settings:
    return settings.model_copy(update={"database": database})


@pytest.fixture
async def client(settings: Settings, service: ScriptedService) -> AsyncIterator[httpx.AsyncClient]:
    async with running_gateway(settings) as client:
        await client.patch("/queue", json={"paused": True})
        yield client


async def test_a_hundred_duplicates_at_once_are_one_job(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    posts = [client.post(PATH, json={"prompt": "x"}, headers=headers) for _ in range(100)]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await client.get("/jobs")).json()["jobs"]) == 1


async def test_of_a_hundred_conflicting_bodies_at_once_one_is_taken(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    posts = [client.post(PATH, json={"prompt": f"x {number}"}, headers=headers) for number in range(100)]
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 99
    (job,) = (await client.get("/jobs")).json()["jobs"]
    (taken,) = [answer.json() for answer in answers if answer.status_code == 202]
    assert job["id"] == taken["id"]


async def test_a_batch_that_is_sent_again_and_again_is_one(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    posts = [client.post("/generate/batch", json=BATCH, headers=headers) for _ in range(30)]
    answers = await asyncio.gather(*posts)
    assert {answer.status_code for answer in answers} == {202}
    assert len({str([job["id"] for job in answer.json()["jobs"]]) for answer in answers}) == 1
    conflict = await client.post(PATH, json={"prompt": "x"}, headers=headers)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_an_odd_key_is_a_key_like_any_other(client: httpx.AsyncClient) -> None:
    ids: list[str] = []
    for key in ODD_KEYS:
        headers = [(b"Idempotency-Key", key)]
        answers = [await client.post(PATH, json={"prompt": "x"}, headers=headers) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202], key
        assert answers[0].json()["id"] == answers[1].json()["id"]
        conflict = await client.post(PATH, json={"prompt": "y"}, headers=headers)
        assert (conflict.status_code, conflict.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
        ids.append(answers[0].json()["id"])
    assert len(set(ids)) == len(ODD_KEYS)


@pytest.mark.parametrize("key", [b"", b"x" * 256], ids=["empty", "too long"])
async def test_a_key_of_another_length_is_refused_by_name(client: httpx.AsyncClient, key: bytes) -> None:
    answer = await client.post(PATH, json={"prompt": "x"}, headers=[(b"Idempotency-Key", key)])
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["header.idempotency-key"]
    assert (await client.get("/jobs")).json()["jobs"] == []


@pytest.mark.parametrize(
    "cursor", ["", "x", "%00", "%F0%9F%A6%86", "-1", "019" + "0" * 33, "../x", "x" * 9999]
)
async def test_a_malformed_cursor_is_refused_by_name(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get(f"/jobs?cursor={cursor}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["query.cursor"]


async def test_a_cursor_of_a_deleted_job_goes_on_behind_its_place(client: httpx.AsyncClient) -> None:
    await client.patch("/queue", json={"paused": False})
    ids = [(await finish(client, prompt=f"x {number}"))["id"] for number in range(4)]
    page = (await client.get("/jobs", params={"limit": 2})).json()
    assert (await client.delete(f"/history/{page['next_cursor']}")).status_code == 204
    rest = (await client.get("/jobs", params={"cursor": page["next_cursor"]})).json()
    assert [job["id"] for job in rest["jobs"]] == [ids[1], ids[0]]


async def test_a_cursor_of_another_user_shows_nothing_of_theirs(
    settings: Settings, service: ScriptedService
) -> None:
    async with calling(settings) as people:
        mine = (await submit(people.ada))["id"]
        theirs = (await submit(people.bob))["id"]
        newer = (await submit(people.ada))["id"]
        page = (await people.ada.get("/jobs", params={"cursor": theirs})).json()
        assert [job["id"] for job in page["jobs"]] == [mine]
        page = (await people.bob.get("/jobs", params={"cursor": newer})).json()
        assert [job["id"] for job in page["jobs"]] == [theirs]
