"""What a job cost: in its record, over time, and in the arbiter's book."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.devices import show_gpu
from gateway.jobs.job import Kind
from gateway.jobs.performance import Performance, read_performance
from gateway.machines import MachineBook
from gateway.metrics import Metrics
from limner.answers import Job
from limner.arbiter.v1 import arbiter_pb2
from limner.progress.v1 import progress_pb2
from limner.progress.v1.progress_pb2 import Provenance
from tests.gateway.flow import finish
from tests.gateway.scripted import Context, Request, Response, ScriptedService, progress, result, seconds
from tests.gateway.test_metrics import read

MIB = 2**20
FIRST = Provenance(
    tier="offload",
    stage_durations={
        "waiting": seconds(0.5),
        "evicting": seconds(0.25),
        "loading": seconds(2),
        "encoding": seconds(0.125),
        "denoising": seconds(4),
        "decoding": seconds(0.5),
        "saving": seconds(0.25),
    },
    steps=8,
    read_bytes=100 * MIB,
    streamed_bytes=10 * MIB,
    peak_bytes=90 * MIB,
    charged_bytes=120 * MIB,
)
SECOND = Provenance(
    tier="offload",
    stage_durations={"denoising": seconds(2), "decoding": seconds(0.5)},
    steps=8,
    streamed_bytes=10 * MIB,
    peak_bytes=100 * MIB,
    charged_bytes=120 * MIB,
)


async def tell_costs(request: Request, _context: Context) -> AsyncIterator[Response]:
    yield progress(progress_pb2.STAGE_DENOISING)
    for index, provenance in enumerate((FIRST, SECOND)):
        told = result(request, index)
        told.result.provenance.CopyFrom(provenance)
        yield told


async def test_a_jobs_record_adds_up_what_its_results_cost(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.usual = tell_costs
    job = await finish(client, count=2)
    performance = job["performance"]
    spent_s = {
        name: performance[f"{name}_s"] for name in ("waiting", "swap", "denoising", "decoding", "step")
    }
    assert spent_s == {"waiting": 0.5, "swap": 2.25, "denoising": 6, "decoding": 1, "step": 6 / 16}
    assert (performance["steps"], performance["tier"]) == (16, "offload")
    assert performance["read_bytes"] == 100 * MIB
    assert performance["streamed_bytes"] == 20 * MIB
    assert (performance["peak_bytes"], performance["charged_bytes"]) == (100 * MIB, 120 * MIB)
    known = Job.model_validate(job).performance
    assert known is not None
    assert known.model_dump() == performance


async def test_the_history_of_a_job_tells_what_was_known_at_the_time(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    service.usual = tell_costs
    job = await finish(client, count=2)
    events = (await client.get(f"/jobs/{job['id']}/events")).json()["events"]
    costs = [event["job"]["performance"] for event in events]
    assert costs[0] is None
    assert costs[-1] == job["performance"]
    assert [cost["steps"] for cost in costs if cost] == [8, 16]


async def test_a_job_without_an_image_has_cost_nothing_that_is_known(client: httpx.AsyncClient) -> None:
    answer = await client.post("/generate/text-to-image", json={"prompt": "a red circle"})
    assert answer.json()["performance"] is None


def test_metrics_tell_steps_swaps_shares_and_moved_weights() -> None:
    metrics = Metrics()
    for provenance in (FIRST, SECOND):
        metrics.cost(Kind.TEXT_TO_IMAGE, read_performance(provenance))
    seen = read(metrics.render([], None, 0).decode())
    kind = "kind=text-to-image"
    assert seen["limner_step_seconds_sum", f"{kind} tier=offload"] == 0.5 + 0.25
    assert seen["limner_swap_seconds_count", kind] == 1  # the second found the model in memory
    assert seen["limner_swap_seconds_sum", kind] == 2.25
    assert seen["limner_charge_share_bucket", f"{kind} le=0.8 tier=offload"] == 1
    assert seen["limner_charge_share_bucket", f"{kind} le=0.9 tier=offload"] == 2
    assert seen["limner_weights_moved_bytes_total", f"how=read {kind}"] == 100 * MIB
    assert seen["limner_weights_moved_bytes_total", f"how=streamed {kind}"] == 20 * MIB
    assert seen["limner_stage_seconds_count", f"{kind} stage=loading"] == 1
    assert seen["limner_stage_seconds_count", f"{kind} stage=denoising"] == 2


@pytest.mark.parametrize(
    "known",
    [Provenance(), Provenance(peak_bytes=5), Provenance(charged_bytes=5)],
    ids=["nothing", "peak", "charge"],
)
def test_what_a_service_does_not_measure_is_unknown(known: Provenance) -> None:
    cost = read_performance(known)
    assert (cost.step_s, cost.charge_share, cost.swap_s) == (None, None, 0.0)
    metrics = Metrics()
    metrics.cost(Kind.TILED, cost)
    assert not [name for name, labels in read(metrics.render([], None, 0).decode()) if "kind=tiled" in labels]


def test_a_stage_of_a_newer_service_is_passed_over() -> None:
    assert read_performance(Provenance(stage_durations={"musing": seconds(1)})) == Performance()


def test_the_swaps_of_the_last_hour_are_shown() -> None:
    assert show_gpu([MachineBook("", arbiter_pb2.SnapshotResponse(loads_last_hour=7))]).swaps_last_hour == 7
