from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from grpc import StatusCode

from gateway.jobs.verdict import MAX_LOSSES
from gateway.settings import Settings
from limner.progress.v1.progress_pb2 import STAGE_DENOISING, STAGE_LOADING, STAGE_WAITING
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish, job, submit, until, until_status
from tests.gateway.scripted import (
    Context,
    Request,
    Response,
    ScriptedService,
    checkpoint,
    draw,
    fail,
    progress,
    result,
    serve_images,
)


class Gate:
    """A script that stops in mid-job until it is let go."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def __call__(self, request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING, 2)
        self.reached.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.hung_up.set()
            raise
        yield result(request)


async def wait_in_line(request: Request, context: Context) -> AsyncIterator[Response]:
    """What a service does with the second of two jobs."""
    yield progress(STAGE_WAITING, queue_position=1, waiting_for="the job before it")
    await asyncio.Event().wait()


async def lose_worker(request: Request, context: Context) -> AsyncIterator[Response]:
    yield progress(STAGE_LOADING)
    await fail(context, StatusCode.ABORTED, "WORKER_LOST", "The worker died.")


async def advance_and_lose_worker(request: Request, context: Context) -> AsyncIterator[Response]:
    yield progress(STAGE_DENOISING, 3)
    yield checkpoint(3)
    await fail(context, StatusCode.ABORTED, "WORKER_LOST", "The worker died.")


async def be_busy(request: Request, context: Context) -> AsyncIterator[Response]:
    await fail(context, StatusCode.RESOURCE_EXHAUSTED, "REPLICA_BUSY", "One job runs.", retry_after_s=0.05)
    yield progress(STAGE_WAITING)


async def refuse(request: Request, context: Context) -> AsyncIterator[Response]:
    await fail(context, StatusCode.FAILED_PRECONDITION, "NEVER_FITS", "Needs 9 GB; the card has 8 GB.")
    yield progress(STAGE_WAITING)


async def stop_early(request: Request, context: Context) -> AsyncIterator[Response]:
    yield progress(STAGE_DENOISING, 1)


async def test_a_lost_worker_leads_to_the_same_picture(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.scripts = [advance_and_lose_worker]
    done = await finish(client, seed=77)
    assert done["status"] == "succeeded"
    assert (await client.get(done["images"][0]["url"])).content == draw(77)
    first, second = service.calls
    assert list(first.seeds) == list(second.seeds) == [77]
    assert not first.HasField("resume_from")
    assert second.resume_from.step == 3
    assert first.request_id != second.request_id


async def test_a_job_that_always_kills_its_worker_fails_in_the_end(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.scripts = [lose_worker] * 9
    done = await finish(client)
    assert done["status"] == "failed"
    assert done["error"] == {"code": "WORKER_LOST", "message": "The worker died."}
    assert len(service.calls) == MAX_LOSSES


async def test_a_job_that_gets_further_each_time_is_not_given_up(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.scripts = [advance_and_lose_worker] * (MAX_LOSSES + 2)
    assert (await finish(client))["status"] == "succeeded"


async def test_a_finished_image_is_not_made_again_by_the_next_attempt(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def die_after_one(request: Request, context: Context) -> AsyncIterator[Response]:
        yield progress(STAGE_DENOISING)
        yield result(request, 0)
        await fail(context, StatusCode.ABORTED, "WORKER_LOST", "The worker died.")

    async def make_the_rest(request: Request, context: Context) -> AsyncIterator[Response]:
        yield result(request, 1)

    service.scripts = [die_after_one, make_the_rest]
    done = await finish(client, seed=5, count=2)
    assert [image["seed"] for image in done["images"]] == [5, 6]
    assert service.calls[1].resume_from.image_index == 1


async def test_a_busy_replica_is_asked_again(service: ScriptedService, client: httpx.AsyncClient) -> None:
    service.scripts = [be_busy, be_busy]
    assert (await finish(client))["status"] == "succeeded"
    assert len({call.request_id for call in service.calls}) == 1


async def test_a_request_that_never_fits_fails_with_the_numbers(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.scripts = [refuse]
    done = await finish(client)
    assert done["error"] == {"code": "NEVER_FITS", "message": "Needs 9 GB; the card has 8 GB."}


async def test_a_service_that_ends_without_images_fails_the_job(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.scripts = [stop_early]
    done = await finish(client)
    assert done["status"] == "failed"
    assert "0 of 1 images" in done["error"]["message"]


async def test_an_image_that_cannot_be_stored_fails_the_job_and_says_why(
    settings: Settings, service: ScriptedService, client: httpx.AsyncClient
) -> None:
    (Path(settings.images) / "blobs").touch()
    done = await finish(client)
    assert done["error"]["code"] == "STORAGE_FAILED"
    assert "could not be stored" in done["error"]["message"]


async def test_a_job_waits_for_a_service_that_is_down_and_starts_with_it(
    client: httpx.AsyncClient, sockets: Path
) -> None:
    accepted = await submit(client)
    waiting = await until(client, accepted["id"], lambda job: job["progress"]["waiting_for"] is not None)
    assert "not answering" in waiting["progress"]["waiting_for"]
    async with serve_images(sockets / "t2i", ScriptedService()):
        done = await until_status(client, accepted["id"], "succeeded")
    assert done["request"]["model"] == "shapes"
    # What is kept is what a service that answered at once would have made of it.
    async with serve_images(sockets / "t2i", ScriptedService()):
        assert (await finish(client, seed=done["request"]["seed"]))["request"] == done["request"]


async def test_a_job_accepted_without_a_service_is_checked_before_it_starts(
    client: httpx.AsyncClient, sockets: Path
) -> None:
    accepted = await submit(client, width=4096)
    async with serve_images(sockets / "t2i", ScriptedService()) as _:
        failed = await until_status(client, accepted["id"], "failed")
    assert failed["error"]["code"] == "INVALID_FIELDS"
    assert "width is 4096" in failed["error"]["message"]


async def test_a_service_that_vanishes_in_mid_job_is_waited_for(
    client: httpx.AsyncClient, sockets: Path
) -> None:
    gate, service = Gate(), ScriptedService()
    service.scripts = [gate]
    async with serve_images(sockets / "t2i", service):
        accepted = await submit(client, seed=3)
        await gate.reached.wait()
        await until_status(client, accepted["id"], "running")
    await until_status(client, accepted["id"], "queued")
    async with serve_images(sockets / "t2i", ScriptedService()):
        done = await until_status(client, accepted["id"], "succeeded")
    assert [image["seed"] for image in done["images"]] == [3]


async def test_the_next_job_is_with_the_replica_before_the_first_ends_and_no_more(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    gate = Gate()
    service.scripts = [gate, wait_in_line]
    ids = [(await submit(client))["id"] for _ in range(3)]
    await gate.reached.wait()
    second = await until(client, ids[1], lambda job: job["progress"]["waiting_for"] is not None)
    assert (second["status"], second["progress"]["queue_position"]) == ("queued", 1)
    third = await job(client, ids[2])
    assert (third["status"], third["progress"]["queue_position"]) == ("queued", 2)
    assert len(service.calls) == 2


async def test_every_replica_gets_its_share(
    settings: Settings, service: ScriptedService, sockets: Path
) -> None:
    other = ScriptedService()
    gates = [Gate(), Gate()]
    service.scripts, other.scripts = [gates[0]], [gates[1]]
    both = settings.model_copy(update={"t2i": (*settings.t2i, f"unix:{sockets}/other")})
    async with serve_images(sockets / "other", other), running_gateway(both) as client:
        ids = [(await submit(client))["id"] for _ in range(2)]
        for gate in gates:
            await gate.reached.wait()
            gate.go_on.set()
        for job_id in ids:
            await until_status(client, job_id, "succeeded")
    assert (len(service.calls), len(other.calls)) == (1, 1)


async def test_jobs_go_to_the_replica_that_is_there(
    settings: Settings, service: ScriptedService, sockets: Path
) -> None:
    both = settings.model_copy(update={"t2i": (f"unix:{sockets}/gone", *settings.t2i)})
    async with running_gateway(both) as client:
        done = [await finish(client) for _ in range(3)]
    assert [job["status"] for job in done] == ["succeeded"] * 3


async def test_cancelling_a_running_job_hangs_up(service: ScriptedService, client: httpx.AsyncClient) -> None:
    gate = Gate()
    service.scripts = [gate]
    accepted = await submit(client)
    await gate.reached.wait()
    await until_status(client, accepted["id"], "running")
    answer = await client.delete(f"/jobs/{accepted['id']}")
    assert answer.json()["status"] == "cancelling"
    await gate.hung_up.wait()
    cancelled = await until_status(client, accepted["id"], "cancelled")
    assert cancelled["images"] == []
    assert (await client.delete(f"/jobs/{accepted['id']}")).json() == cancelled
    assert (await finish(client))["status"] == "succeeded"


async def test_cancelling_a_waiting_job_is_immediate(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    gate = Gate()
    service.scripts, service.usual = [gate], wait_in_line
    ids = [(await submit(client))["id"] for _ in range(3)]
    await gate.reached.wait()
    for job_id in ids[1:]:
        assert (await client.delete(f"/jobs/{job_id}")).json()["status"] == "cancelled"
    gate.go_on.set()
    await until_status(client, ids[0], "succeeded")
    assert {(await job(client, job_id))["status"] for job_id in ids[1:]} == {"cancelled"}


async def test_cancelling_a_finished_job_changes_nothing(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    done = await finish(client)
    assert (await client.delete(f"/jobs/{done['id']}")).json() == done


async def test_a_stopped_gateway_takes_up_its_jobs_again(
    settings: Settings, service: ScriptedService
) -> None:
    gate = Gate()
    service.scripts = [gate, wait_in_line]
    async with running_gateway(settings) as client:
        ids = [(await submit(client, seed=seed))["id"] for seed in range(3)]
        await gate.reached.wait()
        await until_status(client, ids[0], "running")
    async with running_gateway(settings) as client:
        done = [await until_status(client, job_id, "succeeded") for job_id in ids]
    assert [job["images"][0]["seed"] for job in done] == [0, 1, 2]
    assert [len(job["images"]) for job in done] == [1, 1, 1]


@pytest.mark.parametrize("count", [20])
async def test_many_jobs_each_end_once(
    service: ScriptedService, client: httpx.AsyncClient, count: int
) -> None:
    accepted = await asyncio.gather(*(submit(client, seed=seed) for seed in range(count)))
    done = [await until_status(client, job["id"], "succeeded") for job in accepted]
    assert sorted(job["images"][0]["seed"] for job in done) == list(range(count))
    assert len(service.calls) == count
