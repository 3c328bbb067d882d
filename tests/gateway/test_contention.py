from __future__ import annotations

import asyncio
import time
from typing import cast

import pytest
from fastapi import FastAPI
from uuid_utils import uuid7

from gateway.jobs.claims import Claims
from gateway.jobs.job import Job, Kind, State
from gateway.server import GatewayServer
from gateway.settings import Settings
from gateway.studio import Studio
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import submit, until_status
from tests.gateway.scripted import ScriptedService


async def test_a_job_that_another_gateway_lets_go_while_this_one_asks_for_it_is_not_forgotten(
    service: ScriptedService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = asyncio.Event(), asyncio.Event()

    class Beaten(Claims):
        """Loses the first job that it asks for to another gateway, and gets what it asks for after that."""

        async def take(self, job_id: str, fresh: Job | None) -> Job | None:
            if asked.is_set():
                return await super().take(job_id, fresh)
            asked.set()
            await answered.wait()
            return None

    monkeypatch.setattr("gateway.studio.Claims", Beaten)
    job = Job(
        str(uuid7()),
        Kind.TEXT_TO_IMAGE,
        "t2i",
        State.QUEUED,
        {"prompt": "a red circle", "seed": 1},
        time.time(),
    )
    async with GatewayServer.open(settings) as server:
        studio = cast("Studio", cast("FastAPI", server.config.app).state.studio)
        await studio.books.store.add([job])
        with studio.books.hub.ending_of(job.id) as ending:
            studio.dispatcher.submit([job])
            await asked.wait()
            # The other gateway has failed to start it and says so, before this one knows that it had it.
            studio.dispatcher.see([job])
            answered.set()
            assert (await asyncio.wait_for(ending, 30)).status is State.SUCCEEDED


async def test_a_service_hears_of_jobs_in_their_order_however_long_each_takes_to_be_claimed(
    service: ScriptedService, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Claims):
        """Takes long for the first job."""

        async def take(self, job_id: str, fresh: Job | None) -> Job | None:
            taken = await super().take(job_id, fresh)
            if taken is not None and taken.request["seed"] == 0:
                await asyncio.sleep(0.2)  # which is what the test is about
            return taken

    monkeypatch.setattr("gateway.studio.Claims", Slow)
    async with running_gateway(settings) as client:
        ids = [(await submit(client, seed=seed))["id"] for seed in range(2)]
        for job_id in ids:
            await until_status(client, job_id, "succeeded")
    assert [call.seeds[0] for call in service.calls] == [0, 1]
