"""Memory is shown of every machine on which replicas are, each once, whoever tells of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from limner.arbiter.v1.arbiter_pb2 import Device, SnapshotResponse
from tests.gateway.conftest import running_gateway
from tests.gateway.scripted import ScriptedArbiter, ScriptedService, serve_images
from tests.gateway.test_metrics import scrape

HOSTS = {"first": "gpu1", "second": "gpu2", "third": "gpu2", "fourth": "gpu3"}


def book(arbiter_id: str, charged_bytes: int) -> SnapshotResponse:
    device = Device(id="cpu:0", total_bytes=100, charged_bytes=charged_bytes)
    return SnapshotResponse(arbiter_id=arbiter_id, devices=[device])


@pytest.fixture
async def services(sockets: Path) -> AsyncIterator[dict[str, ScriptedService]]:
    """Services on three machines, of which nobody knows anything yet."""
    services = {name: ScriptedService() for name in HOSTS}
    async with AsyncExitStack() as stack:
        for name, service in services.items():
            await stack.enter_async_context(serve_images(sockets / name, service))
        yield services


@pytest.fixture
async def client(settings: Settings, sockets: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    addresses = {name: f"unix:{sockets}/{name}" for name in HOSTS}
    file = tmp_path / "replicas.json"
    hosts = {addresses[name]: host for name, host in HOSTS.items()}
    file.write_text(json.dumps({"t2i": list(addresses.values()), "hosts": hosts}))
    async with running_gateway(settings.model_copy(update={"replicas_file": file})) as client:
        yield client


async def test_every_machine_is_shown_once_and_the_silent_are_named(
    services: dict[str, ScriptedService], arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    services["first"].memory = book("own", 5)  # the gateway's own, as the scripted arbiter says
    services["third"].memory = book("another", 7)  # the second of its machine does not know
    gpu = (await client.get("/gpu")).json()
    assert (gpu["machine"], gpu["devices"][0]["charged_bytes"]) == ("gpu1", 5)
    assert [(each["machine"], each["devices"][0]["charged_bytes"]) for each in gpu["others"]] == [("gpu2", 7)]
    assert gpu["silent"] == ["gpu3"]


async def test_metrics_tell_the_machines_apart(
    services: dict[str, ScriptedService], arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    services["second"].memory = book("another", 7)
    seen = await scrape(client)
    assert seen["limner_device_bytes", "device=cpu:0 kind=charged"] == 5
    assert seen["limner_device_bytes", "device=cpu:0 kind=charged machine=gpu2"] == 7
    up = {labels: value for (name, labels), value in seen.items() if name == "limner_arbiter_up"}
    assert up == {"": 1, "machine=gpu1": 0, "machine=gpu2": 1, "machine=gpu3": 0}


async def test_two_names_of_one_machine_show_it_once(
    services: dict[str, ScriptedService], arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    for name in HOSTS:
        services[name].memory = book("another", 7)
    gpu = (await client.get("/gpu")).json()
    assert (gpu["machine"], [each["machine"] for each in gpu["others"]], gpu["silent"]) == ("", ["gpu1"], [])
