from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
from grpc import StatusCode
from prometheus_client.parser import text_string_to_metric_families

from gateway.jobs.census import Count, Group
from gateway.jobs.job import Kind, State
from gateway.machines import MachineBook
from gateway.metrics import Metrics
from gateway.readiness import PROFILE
from limner.arbiter.v1 import arbiter_pb2 as pb
from tests.gateway.flow import finish, submit
from tests.gateway.scripted import Context, Request, Response, ScriptedArbiter, ScriptedService, fail

Samples = dict[tuple[str, str], float]
NOW = 1000.0
KIND = "kind=text-to-image"


def read(text: str) -> Samples:
    """Returns every sample by its name and its labels in words; an empty one is none to Prometheus."""
    return {
        (
            sample.name,
            " ".join(f"{key}={value}" for key, value in sorted(sample.labels.items()) if value),
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scrape(client: httpx.AsyncClient) -> Samples:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return read(answer.text)


async def test_a_finished_job_is_counted_by_kind_and_its_wait_by_priority(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    await finish(client, priority="interactive")
    seen = await scrape(client)
    assert seen["limner_jobs_accepted_total", KIND] == 1
    assert seen["limner_jobs_finished_total", f"{KIND} state=succeeded"] == 1
    assert seen["limner_stage_seconds_count", f"{KIND} stage=denoising"] == 1
    assert seen["limner_job_wait_seconds_count", "priority=interactive"] == 1
    assert seen["limner_job_wait_seconds_count", "priority=normal"] == 0


async def test_waiting_jobs_are_counted_by_priority_and_cancelled_ones_as_ended(
    client: httpx.AsyncClient,
) -> None:
    job = await submit(client, priority="background")
    await submit(client)
    seen = await scrape(client)
    depth = {name: seen["limner_queue_depth", f"priority={name}"] for name in ("background", "normal")}
    assert depth == {"background": 1, "normal": 1}
    assert seen["limner_jobs", f"{KIND} state=queued"] == 2
    assert 0 < seen["limner_queue_oldest_seconds", "priority=background"] < 60
    await client.delete(f"/jobs/{job['id']}")
    await client.patch("/queue", json={"paused": True})
    assert seen["limner_queue_paused", ""] == 0
    seen = await scrape(client)
    assert seen["limner_queue_paused", ""] == 1
    assert seen["limner_queue_depth", "priority=background"] == 0
    assert seen["limner_jobs_finished_total", f"{KIND} state=cancelled"] == 1


async def test_a_failed_job_is_counted_with_its_reason(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def refuse(_request: Request, context: Context) -> AsyncIterator[Response]:
        await fail(context, StatusCode.FAILED_PRECONDITION, "NEVER_FITS", "Too big.")
        yield

    service.usual = refuse
    await finish(client)
    seen = await scrape(client)
    assert seen["limner_errors_total", f"{KIND} reason=NEVER_FITS"] == 1
    assert seen["limner_jobs_failed_total", f"{KIND} reason=NEVER_FITS"] == 1
    assert seen["limner_attempts_failed_total", f"action=fail {KIND}"] == 1


async def test_the_book_of_the_arbiter_and_the_own_process_are_shown(
    arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    seen = await scrape(client)
    assert seen["limner_arbiter_up", ""] == 1
    assert seen["limner_device_bytes", "device=cpu:0 kind=charged"] == 5
    assert seen["limner_leases", "state=resident"] == 1
    assert seen["limner_lease_bytes", "device=cpu:0 holder=t2i kind=resident"] == 5
    assert seen["limner_arbiter_decisions_total", "decision=lease_granted"] == 3
    assert seen["limner_process_resident_memory_bytes", ""] > 1024 * 1024


async def test_metrics_outlive_the_arbiter(client: httpx.AsyncClient) -> None:
    seen = await scrape(client)
    assert seen["limner_arbiter_up", ""] == 0
    assert seen["limner_database_up", ""] == 1


def test_leases_of_one_holder_are_added_and_those_of_readiness_left_out() -> None:
    def lease(profile: str, resident_bytes: int) -> pb.Lease:
        charge = pb.Charge(device="gpu", resident_bytes=resident_bytes, context_bytes=1)
        return pb.Lease(
            service="t2i", holder="t2i-2", profile=profile, charges=[charge], observed_bytes=resident_bytes
        )

    leases = [lease("shapes", 5), lease("shapes", 7), lease(PROFILE, 0)]
    snapshot = pb.SnapshotResponse(leases=leases, loads={"t2i": 4, "edit": 2})
    seen = read(Metrics().render([MachineBook("", snapshot)], Count(), NOW).decode())
    assert seen["limner_lease_bytes", "device=gpu holder=t2i-2 kind=resident service=t2i"] == 12
    assert seen["limner_lease_bytes", "device=gpu holder=t2i-2 kind=context service=t2i"] == 2
    assert seen["limner_lease_observed_bytes", "holder=t2i-2 service=t2i"] == 12
    assert seen["limner_leases", "state=unspecified"] == 2
    assert seen["limner_model_loads_total", "service=edit"] == 2


def test_the_queue_is_told_even_where_it_is_empty() -> None:
    groups = [
        Group(Kind.TILED, State.QUEUED, priority=1, count=3, oldest_at=NOW - 60),
        Group(Kind.LAYERS, State.QUEUED, priority=1, count=1, oldest_at=NOW - 90),
        Group(Kind.TILED, State.RUNNING, priority=3, count=1, oldest_at=NOW - 99),
    ]
    seen = read(Metrics().render([], Count(groups, is_paused=True), NOW).decode())
    assert seen["limner_queue_paused", ""] == 1
    assert seen["limner_queue_depth", "priority=background"] == 4
    assert seen["limner_queue_oldest_seconds", "priority=background"] == 90
    assert seen["limner_queue_depth", "priority=interactive"] == 0
    assert seen["limner_queue_oldest_seconds", "priority=interactive"] == 0
    assert seen["limner_service_queue_depth", "service=tiling"] == 3
    assert seen["limner_service_queue_oldest_seconds", "service=edit"] == 90
    assert seen["limner_service_queue_depth", "service=t2i"] == 0
    assert seen["limner_service_queue_oldest_seconds", "service=t2i"] == 0
    assert seen["limner_jobs", "kind=tiled state=running"] == 1
    assert seen["limner_jobs", "kind=controlnet state=queued"] == 0


def test_without_a_census_the_database_is_down_and_nothing_is_made_up() -> None:
    seen = read(Metrics().render([], None, NOW).decode())
    assert seen["limner_database_up", ""] == 0
    assert not [name for name, _ in seen if name.startswith("limner_queue")]
