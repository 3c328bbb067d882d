from __future__ import annotations

import httpx

from tests.gateway.scripted import ScriptedService, draw


async def test_a_bare_prompt_becomes_a_picture(service: ScriptedService, client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/generate/text-to-image", json={"prompt": "a red circle"}, headers={"Prefer": "wait=10"}
    )
    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["status"] == "succeeded"
    image = job["images"][0]
    file = await client.get(image["url"])
    assert file.content == draw(image["seed"])
