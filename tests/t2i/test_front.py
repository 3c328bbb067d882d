"""What a direct gRPC client of the text-to-image service can rely on."""

from __future__ import annotations

import asyncio
import io

import grpc
import pytest
from grpc import aio
from PIL import Image

from limner.capability.v1.capability_pb2 import FIT_NEVER, DescribeRequest, QuoteRequest
from limner.failure import read_failure
from limner.image.v1.image_pb2 import Size
from limner.progress.v1 import progress_pb2
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, GenerateImagesResponse
from tests.t2i.conftest import Front

pytestmark = pytest.mark.xdist_group("t2i-front")

STEPS = 12


def results(responses: list[GenerateImagesResponse]) -> list[bytes]:
    return [response.result.image.data for response in responses if response.HasField("result")]


def checkpoints(responses: list[GenerateImagesResponse]) -> list[progress_pb2.Checkpoint]:
    return [response.checkpoint for response in responses if response.HasField("checkpoint")]


def is_denoising(response: GenerateImagesResponse) -> bool:
    return response.progress.stage == progress_pb2.STAGE_DENOISING


def reason_of(error: pytest.ExceptionInfo[aio.AioRpcError]) -> str:
    return read_failure(error.value).reason


async def test_a_prompt_becomes_a_png_that_says_how_it_was_made(front: Front) -> None:
    responses = await front.collect(seeds=[7], steps=STEPS, metadata={"limner": '{"schema": 1}'})
    result = responses[-1].result
    picture = Image.open(io.BytesIO(result.image.data))
    assert picture.size == (result.image.size.width, result.image.size.height) == (128, 128)
    assert "Seed: 7" in picture.info["parameters"]
    assert picture.info["limner"] == '{"schema": 1}'
    assert result.seed == 7
    assert result.provenance.model == "shapes"
    spent = set(result.provenance.stage_durations)
    assert spent - {"loading", "evicting"} == {"waiting", "encoding", "denoising", "decoding", "saving"}


async def test_each_result_tells_what_it_cost_and_the_first_what_they_share(front: Front) -> None:
    responses = await front.collect(seeds=[1, 2], steps=STEPS)
    first, second = (each.result.provenance for each in responses if each.HasField("result"))
    assert (first.steps, second.steps) == (STEPS, STEPS)
    assert {"waiting", "encoding"} <= set(first.stage_durations)
    assert set(second.stage_durations) == {"denoising", "decoding", "saving"}
    assert 0 < first.charged_bytes == second.charged_bytes
    assert 0 < 0.9 * first.peak_bytes < second.peak_bytes


async def test_progress_counts_steps_and_shows_a_preview(front: Front) -> None:
    responses = await front.collect(seeds=[1], steps=STEPS)
    steps = [response.progress for response in responses if is_denoising(response)]
    assert steps[0].step == 1
    assert [progress.step for progress in steps] == sorted(progress.step for progress in steps)
    assert steps[-1].total_steps == STEPS
    assert steps[-1].HasField("eta")
    preview = Image.open(io.BytesIO(steps[-1].preview.data))
    assert (preview.format, preview.size) == ("WEBP", (128, 128))


async def test_a_seed_decides_every_pixel_and_none_draws_one(front: Front) -> None:
    first, again = await front.collect(seeds=[5], steps=STEPS), await front.collect(seeds=[5], steps=STEPS)
    assert results(first) == results(again)
    drawn = (await front.collect(steps=STEPS))[-1].result.seed
    assert 0 <= drawn < 2**53


async def test_every_seed_of_a_call_gives_the_picture_it_gives_alone(front: Front) -> None:
    together = await front.collect(seeds=[5, 6], steps=STEPS)
    alone = await front.collect(seeds=[6], steps=STEPS)
    assert _pixels(results(together)[1]) == _pixels(results(alone)[0])
    assert [r.result.image_index for r in together if r.HasField("result")] == [0, 1]


async def test_hanging_up_frees_the_service_within_a_step(front: Front) -> None:
    call = front.images.GenerateImages(GenerateImagesRequest(prompt="a red circle", steps=100))
    async for response in call:
        if is_denoising(response):
            break
    call.cancel()
    await front.wait_until_idle()
    after = await front.capability.Describe(DescribeRequest())
    assert after.warm_model == "shapes"


async def test_a_third_job_is_told_to_come_back(front: Front) -> None:
    calls = [
        front.images.GenerateImages(GenerateImagesRequest(prompt="a red circle", steps=100, seeds=[seed]))
        for seed in (1, 2)
    ]
    for call in calls:
        assert await call.read() is not aio.EOF
    with pytest.raises(aio.AioRpcError) as caught:
        await front.collect()
    for call in calls:
        call.cancel()
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "REPLICA_BUSY")
    assert failure.retry_after_s is not None


async def test_asking_twice_with_one_request_id_runs_once_and_answers_both(front: Front) -> None:
    both = await asyncio.gather(
        front.collect(request_id="twice", steps=STEPS), front.collect(request_id="twice", steps=STEPS)
    )
    later = await front.collect(request_id="twice", steps=STEPS)
    # No seed was given: equal pictures prove that there was one run.
    assert results(both[0]) == results(both[1]) == results(later)


async def test_a_request_id_belongs_to_its_request(front: Front) -> None:
    await front.collect(request_id="mine", steps=STEPS)
    with pytest.raises(aio.AioRpcError) as caught:
        await front.collect(request_id="mine", steps=STEPS + 1)
    assert reason_of(caught) == "REQUEST_CONFLICT"


async def test_a_worker_killed_in_mid_job_changes_no_pixel(front: Front) -> None:
    undisturbed = results(await front.collect(seeds=[3], steps=40))
    killed, disturbed = False, list[GenerateImagesResponse]()
    request = GenerateImagesRequest(prompt="a red circle on the left", seeds=[3], steps=40)
    async for response in front.images.GenerateImages(request):
        disturbed.append(response)
        if response.HasField("checkpoint") and not killed:
            killed = True
            front.kill_worker()
    assert killed
    assert results(disturbed) == undisturbed


async def test_a_client_goes_on_from_a_checkpoint_it_kept(front: Front) -> None:
    whole = await front.collect(seeds=[4], steps=STEPS)
    checkpoint = checkpoints(whole)[0]
    resumed = await front.collect(seeds=[4], steps=STEPS, resume_from=checkpoint)
    assert min(r.progress.step for r in resumed if is_denoising(r)) > checkpoint.step
    assert results(resumed) == results(whole)


async def test_a_checkpoint_of_another_request_starts_the_picture_over(front: Front) -> None:
    other = checkpoints(await front.collect(seeds=[4], steps=STEPS))[0]
    assert results(await front.collect(seeds=[9], steps=STEPS, resume_from=other)) == results(
        await front.collect(seeds=[9], steps=STEPS)
    )


async def test_a_job_that_takes_every_worker_with_it_is_given_up(front: Front) -> None:
    victims = set[int]()

    async def kill_whoever_works() -> None:
        async for response in front.images.GenerateImages(
            GenerateImagesRequest(prompt="a red circle", steps=100)
        ):
            worker = front.worker()
            if is_denoising(response) and worker.pid not in victims:
                victims.add(worker.pid)
                worker.kill()

    with pytest.raises(aio.AioRpcError) as caught:
        await kill_whoever_works()
    assert reason_of(caught) == "WORKER_LOST"
    assert len(victims) == 3
    assert results(await front.collect(steps=STEPS)), "the next job finds a fresh worker"


async def test_wrong_fields_are_named_over_the_wire(front: Front) -> None:
    with pytest.raises(aio.AioRpcError) as caught:
        await front.collect(size=Size(width=100, height=128), steps=1)
    failure = read_failure(caught.value)
    assert failure.reason == "INVALID_FIELDS"
    assert {violation.field for violation in failure.violations} == {"size.width", "steps"}


async def test_describe_lists_the_built_in_model_with_its_limits(front: Front) -> None:
    answer = await front.capability.Describe(DescribeRequest())
    model = answer.models[0]
    assert (answer.capability, model.name, model.license) == ("t2i", "shapes", "Apache-2.0")
    assert (model.native_size.width, model.min_side_px, model.max_side_px) == (128, 64, 256)
    assert model.example_prompts


async def test_a_quote_says_whether_the_request_fits(front: Front) -> None:
    answer = await front.capability.Quote(QuoteRequest())
    assert [quote.tier for quote in answer.tiers] == ["full", "fp8", "nf4", "offload", "stream"]
    assert answer.tiers[0].fit != FIT_NEVER
    assert answer.tiers[0].peak_device_bytes > 0


def _pixels(png: bytes) -> bytes:
    return Image.open(io.BytesIO(png)).tobytes()
