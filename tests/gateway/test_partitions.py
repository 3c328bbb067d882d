"""A replica that is cut off from the gateway, and goes on computing where nobody hears it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from tests.chaos.proxy import Proxy
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import Json, submit, until, until_status
from tests.gateway.test_fleet import Patient, Yard, until_calls, until_replicas

# gRPC's keepalive finds a silent connection dead within 40 s (limner/channel.py).
_FOUND_OUT_S = 90


@pytest.fixture
async def yard(sockets: Path, tmp_path: Path) -> AsyncIterator[Yard]:
    yard = Yard(sockets, tmp_path / "replicas.json")
    yield yard
    await yard.close()


async def test_a_job_whose_replica_is_cut_off_goes_on_at_another_and_has_one_result(
    settings: Settings, yard: Yard
) -> None:
    await _cut_off(settings, yard, is_silent=False)


@pytest.mark.long
@pytest.mark.timeout(300)
async def test_what_a_replica_finishes_in_silence_arrives_too_late_to_be_a_second_result(
    settings: Settings, yard: Yard
) -> None:
    await _cut_off(settings, yard, is_silent=True)


async def _cut_off(settings: Settings, yard: Yard, *, is_silent: bool) -> None:
    first, second = Patient(), Patient()
    await yard.start("a", first)
    await yard.start("b", second)
    wire = Proxy(Path(yard.address("a").removeprefix("unix:")))
    given = settings.model_copy(update={"replicas_file": yard.file})
    async with wire.serving(), running_gateway(given) as client:
        yard.write(wire.address)
        job = await submit(client)
        await until(client, job["id"], lambda each: each["progress"]["step"] == 1)
        yard.write(wire.address, yard.address("b"))
        await until_replicas(client, 2)
        second.may_end.set()
        if is_silent:
            wire.fall_silent()
            first.may_end.set()  # Its picture is on the way when the wire is found dead.
        else:
            wire.reset_all()
        await until_calls(second, 1, _FOUND_OUT_S)
        wire.speak_again()
        ended = await until_status(client, job["id"], "succeeded")
        assert second.resumed_from == [1]
        assert len(ended["images"]) == 1
        assert await _endings(client, job["id"]) == 1


async def _endings(client: httpx.AsyncClient, job_id: str) -> int:
    told: Json = (await client.get(f"/jobs/{job_id}/events")).json()
    return sum(event["job"]["status"] == "succeeded" for event in told["events"])
