"""What waits for each service, as the gateway tells Prometheus."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from limner.cluster.scaling import Load

_DEPTH, _OLDEST = "limner_service_queue_depth", "limner_service_queue_oldest_seconds"
_PAUSED = "limner_queue_paused"
_TIMEOUT_S = 5.0


async def ask_loads(url: str, secret: str) -> Mapping[str, Load] | None:
    """Returns the load of each service; None while the gateway, or its database, does not answer."""
    headers = {"Authorization": f"Bearer {secret}"}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_S) as client:
            answer = await client.get(f"{url}/metrics", headers=headers)
            answer.raise_for_status()
    except httpx.HTTPError:
        return None
    return read_loads(answer.text)


def read_loads(text: str) -> Mapping[str, Load] | None:
    """Reads the loads in Prometheus' text format; None when they are not among what is told.

    What waits in a paused queue waits for nobody: more replicas would not make it start.
    """
    told = {
        (sample.name, sample.labels.get("service", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in {_DEPTH, _OLDEST, _PAUSED}
    }
    services = {service for name, service in told if name == _DEPTH}
    if told.get((_PAUSED, "")):
        return dict.fromkeys(services, Load())
    return {service: Load(int(told[_DEPTH, service]), told[_OLDEST, service]) for service in services} or None
