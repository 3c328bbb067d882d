"""What nobody sends is refused by name, or kept as it is: in the job, in its file and in every database."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from itertools import islice

import httpx
import pytest
from PIL import Image

from gateway.decoding import Unreadable, decode
from gateway.settings import Settings
from services.pipelines.pixels import encode_png
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, submit
from tests.gateway.flow import job as job_of
from tests.gateway.odd_texts import is_writable, odd_texts
from tests.gateway.scripted import Context, Request, Response, ScriptedService, result
from tests.rpc.odd_pictures import odd_pictures

PATH = "/generate/text-to-image"


async def paint_with_texts(request: Request, context: Context) -> AsyncIterator[Response]:
    """Makes files that carry their request, as services do."""
    for index in range(len(request.seeds)):
        made = result(request, index)
        image = made.result.image
        image.data = encode_png(Image.new("RGB", (16, 16)), request.metadata)
        image.sha256 = hashlib.sha256(image.data).hexdigest()
        yield made


@pytest.fixture
async def client(
    settings: Settings, service: ScriptedService, database: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway, with each kind of database."""
    service.usual = paint_with_texts
    async with running_gateway(settings.model_copy(update={"database": database})) as client:
        yield client


async def test_odd_prompts_come_back_as_they_were_sent_or_are_refused(client: httpx.AsyncClient) -> None:
    await _send_all(client, 1000)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_hundred_thousand_odd_prompts_come_back_or_are_refused(client: httpx.AsyncClient) -> None:
    await _send_all(client, 100_000)


async def test_odd_prompts_are_in_the_files_as_they_were_sent(client: httpx.AsyncClient) -> None:
    writable = [text for text in odd_texts(100) if is_writable(text)]
    jobs = await _ended(client, await _send(client, writable))
    assert [job["request"]["prompt"] for job in jobs] == writable
    for job in jobs:
        await _check_file(client, job)


async def _send_all(client: httpx.AsyncClient, count: int) -> None:
    """Sends odd prompts, which wait for ever: writing files takes longer than all the rest."""
    await client.patch("/queue", json={"paused": True})
    for texts in _portions(count, 500):
        writable = [text for text in texts if is_writable(text)]
        batch = await _send(client, writable)
        jobs = await _listed(client, batch)
        assert [job["request"]["prompt"] for job in jobs] == writable
        assert await job_of(client, jobs[-1]["id"]) == jobs[-1]
        await _check_refusals(client, [text for text in texts if not is_writable(text)])
        assert (await client.post("/queue/clear")).json() == {"cancelled": len(writable)}


async def test_a_search_for_odd_words_finds_what_has_them(client: httpx.AsyncClient) -> None:
    await client.patch("/queue", json={"paused": True})
    for text in ("%_\\ ' \" \u202eﬃ 🦆", "e\u0301\u0301", "\x7f\x85a"):
        job_id = (await submit(client, prompt=text))["id"]
        for word in text.split():
            found = await client.get("/jobs", params={"q": word})
            assert job_id in {job["id"] for job in found.json()["jobs"]}


@pytest.mark.parametrize("odd", ["\0", "a\0b", "\x01", "\ud800", "\uffff", "'", "../..", "x" * 36])
async def test_an_odd_id_is_the_id_of_nothing(client: httpx.AsyncClient, odd: str) -> None:
    quoted = "".join(f"%{byte:02x}" for byte in odd.encode("utf-8", "surrogatepass"))
    answers = [
        await client.get(f"/jobs/{quoted}"),
        await client.delete(f"/jobs/{quoted}"),
        await client.get(f"/images/{quoted}"),
        await client.delete(f"/history/{quoted}"),
        await client.get(f"/jobs?q={quoted}"),
        await client.get(f"/jobs?cursor={quoted}"),
        await client.get(f"/jobs?model={quoted}"),
        await client.get(f"/jobs?since={quoted}"),
        await _post(client, "PUT", "/queue/order", {"ids": [odd]}),
        await _post(client, "POST", "/history/delete", {"ids": [odd]}),
        await _post(client, "POST", "/session", {"token": odd}),
        await _post(client, "POST", PATH, {"prompt": "x", "model": odd}),
        await _post(client, "POST", "/generate/image-edit", {"prompt": "x", "images": [odd]}),
        await _post(client, "POST", "/v1/images/generations", {"prompt": "x", odd: odd}),
        await _post(client, "POST", "/v1/images/generations", {"prompt": "x", "model": odd}),
        await _post(client, "POST", "/v1/images/generations", {"prompt": "x", "size": odd}),
        await _post(client, "POST", "/v1/images/generations", {"prompt": "x", "style": odd}),
    ]
    assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]


def test_every_odd_file_is_a_picture_or_unreadable() -> None:
    for data in odd_pictures():
        # Whatever else it raises would end the process that reads it.
        with suppress(Unreadable):
            assert decode(data).width > 0


async def _check_refusals(client: httpx.AsyncClient, texts: list[str]) -> None:
    for text in texts:
        for field in ("prompt", "negative_prompt") if text.strip() else ("prompt",):
            answer = await _post(client, "POST", PATH, {"prompt": "x", field: text})
            assert answer.status_code == 422, (field, text)
            assert {error["field"] for error in answer.json()["errors"]} == {field}


async def _send(client: httpx.AsyncClient, prompts: list[str]) -> str:
    """Sends prompts and returns the id of their batch, which has a job for each, in order."""
    request = {"kind": "text-to-image", "prompt": "unused", "width": 64, "height": 64, "seed": 1}
    answer = await _post(client, "POST", "/generate/batch", {"request": request, "prompts": prompts})
    assert answer.status_code == 202, answer.text
    assert [job["request"]["prompt"] for job in answer.json()["jobs"]] == prompts
    return answer.json()["id"]


async def _listed(client: httpx.AsyncClient, batch: str) -> list[Json]:
    """Returns the jobs of a batch in their order, page by page."""
    jobs: list[Json] = []
    page: Json = {"next_cursor": None}
    while not jobs or page["next_cursor"] is not None:
        cursor = {"cursor": page["next_cursor"]} if jobs else {}
        page = (await client.get("/jobs", params={"batch": batch, "limit": 200, **cursor})).json()
        jobs += page["jobs"]
    return jobs[::-1]


async def _ended(client: httpx.AsyncClient, batch: str) -> list[Json]:
    """Returns the jobs of a batch as they ended."""
    unended = {"batch": batch, "limit": 1, "status": ["queued", "running"]}
    async with asyncio.timeout(100):
        while (await client.get("/jobs", params=unended)).json()["jobs"]:
            await asyncio.sleep(0.1)
    return await _listed(client, batch)


async def _check_file(client: httpx.AsyncClient, job: Json) -> None:
    """Looks for what was sent in the file that a job made."""
    assert job["status"] == "succeeded", job["error"]
    file = await client.get(job["images"][0]["url"])
    with Image.open(io.BytesIO(file.content)) as image:
        assert json.loads(image.info["limner"])["request"] == job["request"]


async def _post(client: httpx.AsyncClient, method: str, path: str, body: Json) -> httpx.Response:
    """Sends JSON in ASCII: only so can it hold half a surrogate pair."""
    return await client.request(
        method, path, content=json.dumps(body), headers={"Content-Type": "application/json"}
    )


def _portions(count: int, size: int) -> Iterator[list[str]]:
    texts = odd_texts(count)
    while portion := list(islice(texts, size)):
        yield portion
