from __future__ import annotations

import httpx

from tests.gateway.flow import finish
from tests.gateway.scripted import ScriptedService

PATH = "/generate/text-to-image"


async def test_loras_reach_the_service_with_their_weights(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    done = await finish(client, loras=[{"name": "ink", "weight": 0.5}, {"name": "oil"}])
    assert [(lora.name, lora.weight) for lora in service.calls[0].loras] == [("ink", 0.5), ("oil", 1.0)]
    assert done["request"]["loras"] == [{"name": "ink", "weight": 0.5}, {"name": "oil", "weight": 1.0}]


async def test_a_weight_beyond_all_reason_is_refused_by_name(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    answer = await client.post(PATH, json={"prompt": "x", "loras": [{"name": "ink", "weight": 40.0}]})
    assert answer.status_code == 422
    assert "loras" in answer.text
    assert "weight" in answer.text
