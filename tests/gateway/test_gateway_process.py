from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import httpx
import pytest

from gateway.openapi import document
from gateway.server import CannotListen, GatewayServer, listen
from gateway.settings import Settings
from gateway.studio import CannotOpen
from tests.gateway.callers import ask_desk, bearer, issue
from tests.gateway.flow import until_status
from tests.gateway.scripted import ScriptedService, draw


async def start(settings: Settings, **changes: str) -> Process:
    environment = {
        "LIMNER_GATEWAY_PORT": str(settings.port),
        "LIMNER_GATEWAY_DATABASE": settings.database,
        "LIMNER_GATEWAY_IMAGES": settings.images,
        "LIMNER_GATEWAY_T2I": ",".join(settings.t2i),
        "LIMNER_GATEWAY_ARBITER": settings.arbiter,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", env=os.environ | environment | changes, stderr=PIPE
    )


async def base_url(process: Process) -> str:
    """Returns where a gateway that has just been started listens."""
    assert process.stderr is not None
    async with asyncio.timeout(60):
        while line := await process.stderr.readline():
            event = json.loads(line)
            if event["event"] == "serving":
                return f"http://{event['host']}:{event['port']}"
    raise AssertionError("the gateway ended")


async def test_sigterm_ends_it_in_order_even_with_an_open_stream(settings: Settings) -> None:
    process = await start(settings)
    url = await base_url(process)
    cmdline = await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)
    assert cmdline.startswith(b"limner-gateway")
    async with (
        httpx.AsyncClient(base_url=url) as client,
        client.stream("GET", "/events") as stream,
    ):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            await stream.aread()  # raises when the stream is cut off instead of ended
            assert await process.wait() == 0


async def test_jobs_survive_kill_9_and_end_once(settings: Settings, service: ScriptedService) -> None:
    process = await start(settings)
    async with httpx.AsyncClient(base_url=await base_url(process)) as client:
        answers = [
            await client.post("/generate/text-to-image", json={"prompt": "x", "seed": seed})
            for seed in range(8)
        ]
        process.kill()
        await process.wait()
    process = await start(settings)
    async with httpx.AsyncClient(base_url=await base_url(process)) as client:
        for seed, answer in enumerate(answers):
            done = await until_status(client, answer.json()["id"], "succeeded")
            assert [image["seed"] for image in done["images"]] == [seed]
            assert (await client.get(done["images"][0]["url"])).content == draw(seed)
            history = (await client.get(f"/jobs/{done['id']}/events")).json()["events"]
            assert [event["job"]["status"] for event in history].count("succeeded") == 1
    process.terminate()
    assert await process.wait() == 0


async def test_it_refuses_to_listen_to_the_world_without_tokens(settings: Settings) -> None:
    process = await start(settings, LIMNER_GATEWAY_HOST="0.0.0.0")
    _, said = await process.communicate()
    assert process.returncode == 1
    assert said.count(b"\n") == 1
    assert b"0.0.0.0" in said
    assert b"token" in said


async def test_with_a_token_it_listens_to_the_world_and_lets_only_that_in(settings: Settings) -> None:
    secret = issue(settings, "ada")
    process = await start(
        settings, LIMNER_GATEWAY_HOST="0.0.0.0", LIMNER_GATEWAY_ALLOWED_HOSTS="studio.example"
    )
    url = (await base_url(process)).replace("0.0.0.0", "127.0.0.1")
    async with httpx.AsyncClient(base_url=url, headers={"Host": "studio.example"}) as client:
        assert (await client.get("/jobs")).status_code == 401
        assert (await client.get("/jobs", headers=bearer(secret))).status_code == 200
        # Nobody at all is let in once nobody has a token, but the gateway goes on.
        await asyncio.to_thread(ask_desk, settings, "revoke", "ada")
        async with asyncio.timeout(10):
            while (await client.get("/jobs", headers=bearer(secret))).status_code != 401:
                await asyncio.sleep(0.05)
        assert (await client.get("/jobs")).status_code == 401
    process.terminate()
    assert await process.wait() == 0


@pytest.mark.parametrize(
    "host", ["192.168.1.2", "example.org", "::", "localhost.example.org", "127.0.0.1.example"]
)
def test_what_is_not_surely_loopback_counts_as_the_world(settings: Settings, host: str) -> None:
    assert not settings.model_copy(update={"host": host}).is_loopback


def test_an_address_of_another_machine_is_one_clear_sentence(settings: Settings) -> None:
    with pytest.raises(CannotListen, match="set LIMNER_HOST to an address of this machine"):
        listen(settings.model_copy(update={"host": "192.0.2.1"}))


def test_a_taken_port_is_one_clear_sentence(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port}: Address already in use"):
            listen(settings.model_copy(update={"port": port}))


async def test_an_unusable_database_is_one_clear_sentence(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    broken = settings.model_copy(update={"database": f"sqlite:///{tmp_path}/file/jobs.db"})
    with pytest.raises(CannotOpen, match=r"cannot be opened: .*Is its folder there and writable\?$"):
        async with GatewayServer.open(broken):
            pass


async def test_an_unusable_image_store_is_one_clear_sentence(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotOpen, match="image store"):
        async with GatewayServer.open(settings.model_copy(update={"images": f"{tmp_path}/file/images"})):
            pass


def test_the_committed_document_is_fresh() -> None:
    committed = json.loads((Path(__file__).parents[2] / "frontend" / "openapi.json").read_text())
    assert committed == document(), "run: make api"


def test_every_operation_has_a_stable_name_and_describes_its_errors() -> None:
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            assert "_" not in operation["operationId"], path
            # Clients of OpenAI read errors in their own form.
            kind = "application/json" if path.startswith("/v1/") else "application/problem+json"
            assert kind in operation["responses"]["default"]["content"]
