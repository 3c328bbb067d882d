"""The edit service as its clients see it, judged by what the pictures show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from grpc import StatusCode, aio

from limner.capability.v1.capability_pb2 import DescribeRequest, QuoteRequest
from limner.edit.v1 import edit_pb2
from limner.failure import read_failure
from limner.image.v1.image_pb2 import Mask, Size
from limner.progress.v1.progress_pb2 import STAGE_DENOISING
from services.shapes.judge import judge, read, scene_from_caption
from tests.edit.conftest import Front
from tests.edit.drawing import box, mask, message, picture, pixels, scene

pytestmark = pytest.mark.xdist_group("edit-front")

RIGHT_HALF = box(72, 16, 128, 112)
AFTER = "a red circle on the left and a yellow star on the right, white background"


def settings(prompt: str, **more: Any) -> edit_pb2.Settings:
    whole: dict[str, Any] = {"prompt": prompt, "seeds": [1], **more}
    return edit_pb2.Settings(**whole)


def results(events: list[edit_pb2.Event]) -> list[edit_pb2.Result]:
    return [event.result for event in events if event.HasField("result")]


async def test_inside_a_mask_the_prompt_is_obeyed_and_outside_nothing_changes(front: Front) -> None:
    before = scene()
    events = await front.inpaint(
        edit_pb2.InpaintImageRequest(settings=settings(AFTER), image=message(before), mask=RIGHT_HALF)
    )
    (result,) = results(events)
    after = picture(result.image)
    assert judge(after, scene_from_caption(AFTER)).right
    change = np.abs(pixels(after) - pixels(before)).max(axis=2)
    assert change[:, :72].max() == change[:16].max() == change[112:].max() == 0
    assert result.provenance.stage_durations.keys() >= {"encoding", "denoising", "decoding", "saving"}


async def test_progress_names_steps_in_order_and_shows_previews(front: Front) -> None:
    events = await front.inpaint(
        edit_pb2.InpaintImageRequest(
            settings=settings(AFTER, steps=8), image=message(scene()), mask=RIGHT_HALF
        )
    )
    steps = [e.progress.step for e in events if e.progress.stage == STAGE_DENOISING]
    assert steps[0] == 1
    assert steps == sorted(set(steps) & set(range(1, 8)))
    assert any(event.progress.preview.data for event in events)
    assert [e.checkpoint.step for e in events if e.HasField("checkpoint")] == [5]


async def test_a_job_goes_on_from_its_checkpoint_to_the_same_pixels(front: Front) -> None:
    request = edit_pb2.InpaintImageRequest(
        settings=settings(AFTER, steps=8), image=message(scene()), mask=RIGHT_HALF
    )
    whole = await front.inpaint(request)
    checkpoint = next(event.checkpoint for event in whole if event.HasField("checkpoint"))
    request.settings.resume_from.CopyFrom(checkpoint)
    rest = await front.inpaint(request)
    steps = [e.progress.step for e in rest if e.progress.stage == STAGE_DENOISING]
    assert min(steps) == 6
    assert (pixels(picture(results(rest)[0].image)) == pixels(picture(results(whole)[0].image))).all()


async def test_a_picture_of_any_size_is_repainted_at_its_own_size(front: Front) -> None:
    before = scene(size=(300, 210))
    events = await front.inpaint(
        edit_pb2.InpaintImageRequest(
            settings=settings(AFTER, steps=8),
            image=message(before),
            mask=Mask(image=message(mask((300, 210), (170, 20, 300, 190)))),
        )
    )
    after = picture(results(events)[0].image)
    assert after.size == (300, 210)
    assert (pixels(after)[:, :170] == pixels(before)[:, :170]).all()
    assert (pixels(after)[60:150, 200:280] != pixels(before)[60:150, 200:280]).any()


async def test_a_picture_is_continued_beyond_its_border(front: Front) -> None:
    before = scene("a red circle on the left, white background")
    events = await front.inpaint(
        edit_pb2.InpaintImageRequest(
            settings=settings("a red circle on the left, white background", steps=10),
            image=message(before),
            outpaint=edit_pb2.Outpaint(right=32, bottom=16),
        )
    )
    after = pixels(picture(results(events)[0].image))
    assert after.shape == (144, 160, 3)
    assert (after[:128, :128] == pixels(before)).all()
    assert after[:, 130:].mean() > 230  # the ground goes on


async def test_painting_over_at_full_strength_follows_the_prompt(front: Front) -> None:
    wanted = "a green triangle at the top, white background"
    events = await front.edit(
        edit_pb2.EditImageRequest(settings=settings(wanted), images=[message(scene())], strength=1.0)
    )
    assert judge(picture(results(events)[0].image), scene_from_caption(wanted)).right


async def test_painting_over_gently_keeps_the_picture(front: Front) -> None:
    before = scene()
    events = await front.edit(
        edit_pb2.EditImageRequest(
            settings=settings("a red circle on the left and a blue square on the right, white background"),
            images=[message(before)],
            strength=0.2,
        )
    )
    assert read(picture(results(events)[0].image)).scene() == read(before).scene()


async def test_every_seed_gets_its_picture(front: Front) -> None:
    request = edit_pb2.InpaintImageRequest(
        settings=settings(AFTER, steps=4, seeds=[5, 6]), image=message(scene()), mask=RIGHT_HALF
    )
    found = results(await front.inpaint(request))
    assert [(result.image_index, result.seed) for result in found] == [(0, 5), (1, 6)]
    assert found[0].image.data != found[1].image.data


async def test_hanging_up_frees_the_service_within_a_step(front: Front) -> None:
    request = edit_pb2.InpaintImageRequest(
        settings=settings(AFTER, steps=100), image=message(scene()), mask=RIGHT_HALF
    )
    call = front.edits.InpaintImage(request)
    async for answer in call:
        if answer.event.progress.stage == STAGE_DENOISING:
            break
    call.cancel()
    request.settings.steps = 2
    assert results(await front.inpaint(request))


async def test_a_killed_worker_costs_no_picture(front: Front) -> None:
    request = edit_pb2.InpaintImageRequest(
        settings=settings(AFTER, steps=12), image=message(scene()), mask=RIGHT_HALF
    )
    undisturbed = results(await front.inpaint(request))
    killed = False
    events: list[edit_pb2.Event] = []
    async for answer in front.edits.InpaintImage(request, timeout=90):
        events.append(answer.event)
        if not killed and answer.event.HasField("checkpoint"):
            front.worker().kill()
            killed = True
    assert killed
    assert (
        pixels(picture(results(events)[0].image)).tolist() == pixels(picture(undisturbed[0].image)).tolist()
    )


@pytest.mark.parametrize(
    ("area", "says"),
    [
        ({"mask": Mask(image=message(mask((128, 128), None)))}, "Paint white"),
        ({"mask": box(0, 0, 200, 10)}, "beyond the picture"),
    ],
)
async def test_a_mask_that_cannot_be_used_is_refused(front: Front, area: Any, says: str) -> None:
    with pytest.raises(aio.AioRpcError) as caught:
        await front.inpaint(
            edit_pb2.InpaintImageRequest(settings=settings(AFTER), image=message(scene()), **area)
        )
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason) == (StatusCode.INVALID_ARGUMENT, "INVALID_FIELDS")
    assert says in failure.message
    assert failure.violations[0].field.startswith("mask")


async def test_edges_are_found_without_a_lease(front: Front) -> None:
    answer = await front.edits.PreprocessControl(
        edit_pb2.PreprocessControlRequest(kind="canny", image=message(scene(size=(100, 60))))
    )
    assert answer.image.size == Size(width=100, height=60)
    assert set(np.unique(pixels(picture(answer.image)))) == {0, 255}


async def test_layers_need_a_layered_model(front: Front) -> None:
    request = edit_pb2.SeparateLayersRequest(settings=settings("a circle"), image=message(scene()))
    with pytest.raises(aio.AioRpcError) as caught:
        async for _ in front.edits.SeparateLayers(request):
            pass
    failure = read_failure(caught.value)
    assert (failure.code, failure.reason) == (StatusCode.FAILED_PRECONDITION, "FEATURE_UNSUPPORTED")
    assert "shapes cannot do layers; it can do" in failure.message
    assert "put one that can, such as Qwen-Image-Layered, into the models folder" in failure.message


async def test_features_without_weights_are_off_and_say_why(front: Front) -> None:
    described = await front.capability.Describe(DescribeRequest())
    features = {feature.name: feature for feature in described.features}
    assert features["inpaint"].enabled
    assert not features["control.depth"].enabled
    assert "no installed model" in features["control.depth"].reason
    assert set(described.models[0].features) >= {"inpaint", "outpaint", "image_to_image"}


async def test_a_quote_says_what_an_edit_would_wait_for(front: Front) -> None:
    tiers = (await front.capability.Quote(QuoteRequest())).tiers
    assert [tier.tier for tier in tiers] == ["full", "fp8", "nf4", "offload", "stream"]
    assert all(tier.peak_device_bytes > 0 for tier in tiers)


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("regions", QuoteRequest(regions=2**31 - 1)),
        ("regions", QuoteRequest(regions=-1)),
        ("layers", QuoteRequest(layers=9)),
        ("pictures[1]", QuoteRequest(pictures=[Size(width=64, height=64), Size(width=64, height=2**31 - 1)])),
        ("pictures", QuoteRequest(pictures=[Size(width=64, height=64)] * 65)),
    ],
    ids=["too many regions", "fewer than none", "too many layers", "an endless picture", "too many pictures"],
)
async def test_a_quote_for_what_cannot_be_is_refused(
    front: Front, field: str, request_: QuoteRequest
) -> None:
    with pytest.raises(aio.AioRpcError) as caught:
        await front.capability.Quote(request_)
    failure = read_failure(caught.value)
    assert failure.reason == "INVALID_FIELDS"
    assert [violation.field for violation in failure.violations] == [field]
