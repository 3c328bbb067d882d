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
from gateway.settings import Settings
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
    async with asyncio.timeout(30):
        while line := await process.stderr.readline():
            event = json.loads(line)
            if event["event"] == "serving":
                return f"http://{event['host']}:{event['port']}"
    raise AssertionError("the gateway ended")


async def refusal(settings: Settings, **changes: str) -> tuple[int | None, str]:
    process = await start(settings, **changes)
    _, errors = await process.communicate()
    return process.returncode, errors.decode()


async def test_sigterm_ends_it_in_order_even_with_an_open_stream(settings: Settings) -> None:
    process = await start(settings)
    async with (
        httpx.AsyncClient(base_url=await base_url(process)) as client,
        client.stream("GET", "/events") as stream,
    ):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(4):
            await stream.aread()
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


async def test_it_calls_itself_by_its_name(settings: Settings) -> None:
    process = await start(settings)
    await base_url(process)
    assert (await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)).startswith(
        b"limner-gateway"
    )
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "example.org"])
async def test_it_refuses_to_listen_to_the_world_without_tokens(settings: Settings, host: str) -> None:
    code, said = await refusal(settings, LIMNER_GATEWAY_HOST=host)
    assert code == 1
    assert said.count("\n") == 1
    assert host in said
    assert "token" in said


async def test_a_taken_port_is_one_clear_sentence(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = await refusal(settings, LIMNER_GATEWAY_PORT=str(port))
    assert code == 1
    assert said.count("\n") == 1
    assert f"127.0.0.1:{port}" in said


async def test_an_unusable_database_is_one_clear_sentence(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, said = await refusal(settings, LIMNER_GATEWAY_DATABASE=f"sqlite:///{tmp_path}/file/jobs.db")
    assert code == 1
    assert said.count("\n") == 1
    assert "cannot be opened" in said


def test_the_committed_document_is_fresh() -> None:
    committed = json.loads(Path("frontend/openapi.json").read_text())
    assert committed == document(), "run: make api"


def test_every_operation_has_a_stable_name_and_describes_its_errors() -> None:
    for path, methods in document()["paths"].items():
        for operation in methods.values():
            assert "_" not in operation["operationId"], path
            assert "application/problem+json" in operation["responses"]["default"]["content"]
