from __future__ import annotations

import asyncio
import json

import httpx

from gateway.settings import Settings
from tests.gateway.callers import ask_desk, bearer, calling
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish, submit
from tests.gateway.scripted import ScriptedService
from tests.gateway.test_uploads import halves, packed, upload


async def post(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post("/generate/text-to-image", json={"prompt": "x"}, headers=headers)


async def test_a_token_may_have_only_so_many_jobs_waiting(settings: Settings) -> None:
    async with calling(settings, json.dumps({"max_waiting_jobs": 2})) as callers:
        key = {"Idempotency-Key": "first"}
        first = await post(callers.ada, **key)
        answers = await asyncio.gather(*(post(callers.ada) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [202, 429, 429, 429, 429]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["code"] == "QUOTA_EXCEEDED"
        assert "2 jobs waiting" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0
        # A repeat is no new job, and others have quotas of their own.
        assert (await post(callers.ada, **key)).json()["id"] == first.json()["id"]
        assert (await post(callers.bob)).status_code == 202
        batch = {"request": {"kind": "text-to-image", "prompt": "x"}, "seeds": [1, 2]}
        assert (await callers.ada.post("/generate/batch", json=batch)).status_code == 429
        await callers.ada.delete(first.headers["Location"])
        assert (await post(callers.ada)).status_code == 202


async def test_a_token_may_keep_only_so_many_bytes(settings: Settings, service: ScriptedService) -> None:
    first, second = packed(halves(64, 64)), packed(halves(64, 48))
    async with calling(settings) as callers:
        kept = await callers.bob.get((await upload(callers.bob, first)).json()["url"])
        quotas = json.dumps({"max_image_bytes": len(kept.content) + 1})
        secret = (await asyncio.to_thread(ask_desk, settings, "add", "eve", quotas))["secret"]
        eve = callers.nobody
        eve.headers.update(bearer(secret))
        async with asyncio.timeout(10):
            while (await upload(eve, first)).status_code != 201:
                await asyncio.sleep(0.05)
        assert (await upload(eve, first)).status_code == 201  # is kept once
        refused = await upload(eve, second)
        assert (refused.status_code, refused.json()["code"]) == (413, "QUOTA_EXCEEDED")
        assert (await upload(callers.bob, second)).status_code == 201
        await finish(eve)  # what is accepted is finished, even beyond the quota
        refused = await post(eve)
        assert (refused.status_code, refused.json()["code"]) == (429, "QUOTA_EXCEEDED")
        assert "delete old jobs" in refused.json()["detail"]
        assert int(refused.headers["Retry-After"]) > 0


async def test_a_studio_lets_only_so_many_jobs_wait(settings: Settings) -> None:
    async with running_gateway(settings.model_copy(update={"max_waiting_jobs": 2})) as client:
        key = {"Idempotency-Key": "first"}
        first = await post(client, **key)
        await submit(client)
        refused = await post(client)
        assert (refused.status_code, refused.json()["code"]) == (429, "QUEUE_FULL")
        assert int(refused.headers["Retry-After"]) > 0
        assert (await post(client, **key)).json()["id"] == first.json()["id"]
