"""What a request would take: from the service's quotes, and from what such jobs took before."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.estimates import Wanted, estimate
from gateway.jobs.job import Job, Picture, State
from gateway.jobs.performance import Performance
from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2 import FIT_AFTER_RECALL, FIT_AFTER_WAIT, FIT_NEVER, FIT_NOW
from limner.image.v1.image_pb2 import Size
from limner.progress.v1.progress_pb2 import Provenance
from tests.gateway.flow import Json, finish
from tests.gateway.records import fresh
from tests.gateway.scripted import Context, Request, Response, ScriptedService, draw, result, seconds

GB = 1000**3
WANTED = Wanted(area_px=1024 * 1024, steps=20, image_count=1, is_warm=False)
COST = Performance(
    tier="fp8", loading_s=6.0, encoding_s=0.5, denoising_s=10.0, decoding_s=1.0, saving_s=0.5,
    steps=20, read_bytes=20 * GB,
)  # fmt: skip


def quote(tier: str, fit: capability_pb2.Fit.ValueType = FIT_NOW, **more: Any) -> capability_pb2.TierQuote:
    return capability_pb2.TierQuote(
        tier=tier, fit=fit, peak_device_bytes=20 * GB, peak_host_bytes=3 * GB, **more
    )


def past(cost: Performance = COST, images: int = 1, side_px: int = 1024, **request: Any) -> Job:
    pictures = tuple(Picture(index, f"{index:064}", side_px, side_px, index) for index in range(images))
    job = fresh(State.SUCCEEDED, images=pictures, performance=cost)
    return replace(job, request=job.request | {"steps": 20} | request)


def test_the_best_tier_that_fits_is_chosen_and_says_why_no_better_one() -> None:
    found = estimate(
        [
            quote("full", FIT_NEVER, reason="it needs 58 GB and the device has 16"),
            quote("fp8", FIT_AFTER_RECALL, reason="an idle pipeline gives its memory back first"),
            quote("nf4"),
        ],
        [],
        WANTED,
    )
    assert (found.tier, found.fit) == ("fp8", "after_switch")
    assert found.reason == (
        "full does not fit: it needs 58 GB and the device has 16; "
        "fp8: an idle pipeline gives its memory back first."
    )
    assert [tier.fit for tier in found.tiers] == ["never", "after_switch", "now"]
    assert (found.peak_device_bytes, found.peak_host_bytes) == (20 * GB, 3 * GB)


def test_what_fits_in_no_tier_says_what_the_smallest_would_need() -> None:
    found = estimate(
        [quote("full", FIT_NEVER, reason="too large"), quote("stream", FIT_NEVER, reason="it needs 3 GB")],
        [past()],
        WANTED,
    )
    assert (found.fit, found.tier, found.seconds, found.measured) == ("never", None, None, False)
    assert found.reason == "It fits in no tier: it needs 3 GB."
    assert found.peak_device_bytes == 20 * GB


def test_a_model_without_tiers_runs_nowhere() -> None:
    found = estimate([], [], WANTED)
    assert (found.fit, found.reason, found.tiers) == ("never", "Its model runs in no tier here.", [])


def test_time_is_unknown_until_such_a_job_has_run_in_that_tier() -> None:
    assert estimate([quote("fp8")], [], WANTED).seconds is None
    in_another = past(replace(COST, tier="nf4"))
    assert estimate([quote("fp8")], [in_another], WANTED).seconds is None
    of_another_size = past(side_px=512)
    assert estimate([quote("fp8")], [of_another_size], WANTED).seconds is None
    found = estimate([quote("fp8")], [past()], WANTED)
    assert found.measured
    # Loading 6, twenty steps 10, the rest 2.
    assert found.seconds == pytest.approx(18.0)


def test_time_grows_with_steps_and_images_and_not_with_loading_what_is_warm() -> None:
    warm = replace(WANTED, is_warm=True)
    assert estimate([quote("fp8")], [past()], warm).seconds == pytest.approx(12.0)
    assert estimate([quote("fp8")], [past()], replace(warm, steps=40)).seconds == pytest.approx(22.0)
    assert estimate([quote("fp8")], [past()], replace(warm, image_count=3)).seconds == pytest.approx(36.0)
    # What a past job of two images took is shared between them.
    of_two = past(replace(COST, steps=40), images=2)
    assert estimate([quote("fp8")], [of_two], warm).seconds == pytest.approx(6.0)


def test_a_warm_model_that_has_to_switch_tiers_loads_again() -> None:
    warm = replace(WANTED, is_warm=True)
    found = estimate([quote("fp8", FIT_AFTER_RECALL)], [past()], warm)
    assert found.tiers[0].load_s == pytest.approx(6.0)


def test_waiting_counts_where_the_arbiter_knows_it() -> None:
    found = estimate([quote("fp8", FIT_AFTER_WAIT, wait=seconds(4))], [past()], WANTED)
    assert (found.fit, found.seconds) == ("after_wait", pytest.approx(22.0))
    unknown = estimate([quote("fp8", FIT_AFTER_WAIT)], [past()], WANTED)
    assert unknown.tiers[0].wait_s is None
    assert unknown.seconds == pytest.approx(18.0)


def test_what_the_service_measured_counts_more_than_the_past_of_jobs() -> None:
    found = estimate([quote("fp8", load=seconds(1), run=seconds(2), measured=True)], [past()], WANTED)
    assert (found.seconds, found.measured) == (pytest.approx(3.0), True)


def test_steps_that_were_spared_count_as_the_steps_that_were_asked_for() -> None:
    spared = past(replace(COST, steps=10, denoising_s=6.0))
    found = estimate([quote("fp8")], [spared], replace(WANTED, is_warm=True))
    assert found.seconds == pytest.approx(8.0)


def test_one_slow_job_among_the_latest_changes_little() -> None:
    jobs = [past(), past(replace(COST, denoising_s=600.0)), past(), past()]
    assert estimate([quote("fp8")], jobs, WANTED).seconds == pytest.approx(18.0)


@pytest.fixture
def quoting(service: ScriptedService) -> ScriptedService:
    """The service, in which one tier does not fit and one does."""
    service.quotes = [quote("full", FIT_NEVER, reason="it needs 58 GB and the device has 16"), quote("fp8")]
    return service


async def ask(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post("/estimate", json={"kind": "text-to-image", "prompt": "a red circle"} | body)


async def test_an_estimate_makes_no_job(quoting: ScriptedService, client: httpx.AsyncClient) -> None:
    answer = await ask(client, width=128, height=64, steps=7, count=3)
    assert answer.status_code == 200, answer.text
    told: Json = answer.json()
    assert (told["tier"], told["fit"], told["seconds"], told["measured"]) == ("fp8", "now", None, False)
    assert told["reason"].startswith("full does not fit")
    (asked,) = quoting.quoted
    assert (asked.size.width, asked.size.height) == (128, 64)
    assert (asked.steps, asked.image_count) == (7, 3)
    assert (await client.get("/jobs")).json()["jobs"] == []
    assert quoting.calls == []


async def test_a_finished_job_tells_the_next_estimate_how_long_it_takes(
    quoting: ScriptedService, client: httpx.AsyncClient
) -> None:
    async def paint(request: Request, _context: Context) -> AsyncIterator[Response]:
        told = result(request)
        told.result.image.data = draw(request.seeds[0], 128, 128)
        told.result.image.sha256 = hashlib.sha256(told.result.image.data).hexdigest()
        told.result.image.size.MergeFrom(Size(width=128, height=128))
        spent = {"loading": seconds(3), "denoising": seconds(2), "decoding": seconds(1)}
        told.result.provenance.CopyFrom(Provenance(tier="fp8", steps=20, stage_durations=spent, read_bytes=9))
        yield told

    quoting.usual = paint
    await finish(client, steps=20, width=128, height=128)
    told = (await ask(client, steps=40, count=2)).json()
    assert told["measured"]
    assert told["seconds"] == pytest.approx(3 + 2 * (4 + 1))


async def test_an_estimate_of_what_no_job_could_be_names_the_field(
    quoting: ScriptedService, client: httpx.AsyncClient
) -> None:
    answer = await ask(client, width=9_999)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "width"
    assert (await ask(client, kind="poem")).status_code == 422
    assert quoting.quoted == []


async def test_without_the_service_an_estimate_says_that_it_does_not_answer(
    client: httpx.AsyncClient,
) -> None:
    answer = await ask(client)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
