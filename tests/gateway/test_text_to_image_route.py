from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.gateway.flow import finish, job, submit
from tests.gateway.scripted import Context, Request, Response, ScriptedService, draw, result

PATH = "/generate/text-to-image"


async def test_a_bare_prompt_becomes_a_picture(service: ScriptedService, client: httpx.AsyncClient) -> None:
    done = await finish(client)
    assert done["status"] == "succeeded"
    assert done["progress"]["stage"] == "done"
    assert done["error"] is None
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    image = done["images"][0]
    assert (await client.get(image["url"])).content == draw(image["seed"])


async def test_acceptance_names_the_job_and_fills_in_the_defaults(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    answer = await client.post(PATH, json={"prompt": "a red circle"})
    accepted = answer.json()
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/jobs/{accepted['id']}"
    assert accepted["kind"] == "text-to-image"
    assert accepted["status"] == "queued"
    request = accepted["request"]
    assert (request["model"], request["width"], request["height"]) == ("shapes", 128, 128)
    assert (request["steps"], request["guidance_scale"], request["count"]) == (20, 4.0, 1)
    assert isinstance(request["seed"], int)


async def test_the_service_is_asked_for_exactly_what_was_accepted(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    asked = {"width": 64, "height": 96, "steps": 5, "quality": "best"}
    done = await finish(client, negative_prompt="blue", seed=40, count=3, **asked)
    call = service.calls[0]
    assert (call.prompt, call.negative_prompt, call.model) == ("a red circle", "blue", "shapes")
    assert (call.size.width, call.size.height, call.steps) == (64, 96, 5)
    assert call.quality == "best"
    assert list(call.seeds) == [40, 41, 42]
    assert json.loads(call.metadata["limner"]) == {
        "version": 1,
        "kind": "text-to-image",
        "request": done["request"],
    }
    assert [image["seed"] for image in done["images"]] == [40, 41, 42]


async def test_the_same_key_and_body_is_the_same_job(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one"}
    answers = [await client.post(PATH, json={"prompt": "x"}, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_the_same_key_at_the_same_time_is_one_job(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one"}
    posts = [client.post(PATH, json={"prompt": "x"}, headers=headers) for _ in range(8)]
    assert len({answer.json()["id"] for answer in await asyncio.gather(*posts)}) == 1


async def test_the_same_key_with_another_body_is_refused(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one"}
    await client.post(PATH, json={"prompt": "x"}, headers=headers)
    answer = await client.post(PATH, json={"prompt": "y"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")


async def test_a_repeat_of_a_finished_job_is_answered_with_its_result(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    headers = {"Idempotency-Key": "one", "Prefer": "wait=15"}
    first = await client.post(PATH, json={"prompt": "x"}, headers=headers)
    second = await client.post(PATH, json={"prompt": "x"}, headers=headers)
    assert (second.status_code, second.json()) == (200, first.json())
    assert len(service.calls) == 1


async def test_a_repeat_waits_for_the_job_of_the_first_call(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    is_awaited = asyncio.Event()

    async def linger(request: Request, context: Context) -> AsyncIterator[Response]:
        await is_awaited.wait()
        yield result(request)

    service.scripts = [linger]
    headers = {"Idempotency-Key": "one"}
    first = await client.post(PATH, json={"prompt": "x"}, headers=headers)
    repeat = client.post(PATH, json={"prompt": "x"}, headers=headers | {"Prefer": "wait=60"})
    waiting = asyncio.create_task(repeat)
    await asyncio.wait([waiting], timeout=0.3)
    is_awaited.set()
    second = await asyncio.wait_for(waiting, 30)
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    assert second.json()["status"] == "succeeded"


async def test_a_wait_that_is_too_short_answers_202(sockets: object, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"prompt": "x"}, headers={"Prefer": "wait=1"})
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"prompt": "x", "width": 512}', "width"),
        (b'{"prompt": "x", "height": 72}', "height"),
        (b'{"prompt": "  "}', "prompt"),
        (b'{"prompt": "x", "model": "other"}', "model"),
        (b'{"prompt": "x", "guidance_scale": NaN}', "guidance_scale"),
        (b'{"prompt": "x", "colour": "red"}', "colour"),
        (b'{"prompt": "\\ud800"}', "prompt"),
        (b'{"prompt": "a\\u0000b"}', "prompt"),
        (b'{"prompt": "x", "seed": 9007199254740991, "count": 2}', "seed"),
        (b"[1]", "body"),
        (b"", "body"),
    ],
)
async def test_bad_input_names_the_field_and_queues_nothing(
    service: ScriptedService, client: httpx.AsyncClient, body: bytes, field: str
) -> None:
    answer = await client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "INVALID_FIELDS"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert (await client.get("/jobs")).json()["jobs"] == []


async def test_broken_json_is_explained(service: ScriptedService, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, content=b'{"prompt": ', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert "not JSON" in answer.json()["detail"]


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_huge_body_is_refused(
    service: ScriptedService, client: httpx.AsyncClient, is_chunked: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    content = chunks() if is_chunked else b"x" * 2_000_000
    answer = await client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "large" in answer.json()["detail"]


async def test_without_a_service_a_job_is_accepted_and_says_what_it_waits_for(
    client: httpx.AsyncClient,
) -> None:
    accepted = await submit(client, width=4096)
    waiting = await job(client, accepted["id"])
    assert waiting["status"] == "queued"
    assert waiting["progress"]["stage"] == "waiting"
    assert waiting["progress"]["queue_position"] == 1
    assert isinstance(waiting["request"]["seed"], int)


async def test_without_a_service_what_no_model_can_do_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"prompt": "x", "steps": 1})
    assert answer.status_code == 422
