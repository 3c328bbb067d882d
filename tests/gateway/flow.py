"""What tests do with a gateway again and again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

Json = dict[str, Any]


async def submit(client: httpx.AsyncClient, **body: Any) -> Json:
    """Sends a job and returns it as accepted."""
    answer = await client.post("/generate/text-to-image", json={"prompt": "a red circle"} | body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def finish(client: httpx.AsyncClient, **body: Any) -> Json:
    """Sends a job and returns it as it ended."""
    answer = await client.post(
        "/generate/text-to-image", json={"prompt": "a red circle"} | body, headers={"Prefer": "wait=60"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def job(client: httpx.AsyncClient, job_id: str) -> Json:
    answer = await client.get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def until(client: httpx.AsyncClient, job_id: str, is_so: Callable[[Json], bool]) -> Json:
    """Returns the job as soon as `is_so`."""
    async with asyncio.timeout(60):
        while not is_so(found := await job(client, job_id)):
            await asyncio.sleep(0.01)
    return found


async def until_status(client: httpx.AsyncClient, job_id: str, status: str) -> Json:
    return await until(client, job_id, lambda job: job["status"] == status)


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, last_event_id: str | None = None
) -> AsyncGenerator[AsyncIterator[Json]]:
    """Yields the events of a stream: `id`, and `data` as JSON."""
    headers = {"Last-Event-ID": last_event_id} if last_event_id is not None else {}
    async with client.stream("GET", "/events", headers=headers) as answer:
        assert answer.status_code == 200
        yield _events(answer)


async def take(events: AsyncIterator[Json], is_last: Callable[[Json], bool]) -> list[Json]:
    """Returns the events up to the first of which `is_last` is true."""
    taken: list[Json] = []
    async with asyncio.timeout(60):
        async for event in events:
            taken.append(event)
            if is_last(event):
                break
    return taken


def is_end_of(job_id: str) -> Callable[[Json], bool]:
    def is_end(event: Json) -> bool:
        data = event["data"]
        return (
            data["type"] == "job" and data["job"]["id"] == job_id and data["job"]["finished_at"] is not None
        )

    return is_end


async def _events(answer: httpx.Response) -> AsyncIterator[Json]:
    event: Json = {"id": None}
    async for line in answer.aiter_lines():
        if not line:
            if "data" in event:
                yield event
            event = {"id": None}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = json.loads(value) if name == "data" else value
