"""A gateway whose images lie on a real S3 API, and one whose store fails."""

from __future__ import annotations

import errno
import os
from contextlib import AsyncExitStack

import httpx
import pytest

from gateway.server import GatewayServer
from gateway.settings import Settings
from gateway.studio import CannotOpen
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import until_status
from tests.gateway.s3 import make_bucket, running_s3
from tests.gateway.scripted import ScriptedService, draw
from tests.gateway.test_uploads import halves, packed

_PNG = {"Content-Type": "image/png"}


async def upload(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/images", content=packed(halves(640, 640)), headers=_PNG)


async def test_a_gateway_works_on_a_bucket_and_says_clearly_when_that_is_gone(
    settings: Settings, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as gateway:
        with running_s3() as endpoint:
            bucket = make_bucket(endpoint)
            for name, value in bucket.environment.items():
                monkeypatch.setenv(name, value)
            on_s3 = settings.model_copy(update={"images": f"s3://{bucket.name}/studio"})
            client = await gateway.enter_async_context(running_gateway(on_s3))
            url = (await upload(client)).json()["url"]
            assert (await client.get(url)).status_code == 200
            assert (await client.get(f"{url}/thumbnail")).headers["content-type"] == "image/webp"
            job = (await client.post("/generate/text-to-image", json={"prompt": "x", "seed": 5})).json()
            done = await until_status(client, job["id"], "succeeded")
            assert (await client.get(done["images"][0]["url"])).content == draw(5)
        for path in (url, f"{url}/thumbnail", f"{url}?format=webp"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "STORAGE_UNAVAILABLE")
        assert (await upload(client)).status_code == 503
        job = (await client.post("/generate/text-to-image", json={"prompt": "x"})).json()
        failed = await until_status(client, job["id"], "failed")
        assert failed["error"]["code"] == "STORAGE_FAILED"


async def test_a_bucket_out_of_reach_stops_the_start_and_names_the_setting(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_s3() as endpoint:
        bucket = make_bucket(endpoint)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    on_s3 = settings.model_copy(update={"images": f"s3://{bucket.name}"})
    with pytest.raises(
        CannotOpen, match=rf"{bucket.name}.*{endpoint}.*LIMNER_GATEWAY_IMAGES.*AWS_ENDPOINT_URL"
    ):
        async with GatewayServer.open(on_s3):
            pass


async def test_a_full_disk_is_told_from_a_broken_one(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, expected in (
        (errno.ENOSPC, (507, "INSUFFICIENT_STORAGE")),
        (errno.EIO, (503, "STORAGE_UNAVAILABLE")),
    ):

        def fail(_file: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            answer = await upload(client)
        assert (answer.status_code, answer.json()["code"]) == expected
    assert (await upload(client)).status_code == 201
