"""Layers through the real service, from an untrained checkpoint: nothing can be said of what they show."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from grpc import aio
from numpy.typing import NDArray
from PIL import Image

from limner.capability.v1.capability_pb2 import DescribeRequest, QuoteRequest
from limner.channel import connect
from limner.edit.v1 import edit_pb2
from limner.failure import read_failure
from limner.image.v1.image_pb2 import Size
from limner.progress.v1.progress_pb2 import STAGE_DENOISING, Checkpoint
from tests.edit.conftest import Front
from tests.edit.drawing import message, scene
from tests.fronts import starting

pytestmark = pytest.mark.xdist_group("edit-layers")

SIDE_PX = 256  # the least that models of this size take


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, layered: Path) -> Iterator[tuple[str, int]]:
    settings = {"LIMNER_EDIT_MODELS_DIR": str(layered.parent), "LIMNER_EDIT_CHECKPOINT_EVERY_STEPS": "2"}
    with starting(tmp_path_factory.mktemp("layers"), "edit", settings) as found:
        yield found


@pytest.fixture
async def front(address: tuple[str, int]) -> AsyncIterator[Front]:
    """A service that has the layered model beside the built-in one."""
    async with connect(address[0]) as channel:
        front = Front(channel, address[1])
        await front.capability.Describe(DescribeRequest(), wait_for_ready=True)
        yield front


def faded(size: tuple[int, int] = (SIDE_PX, SIDE_PX)) -> Image.Image:
    """A scene that becomes transparent to the right."""
    image = scene(size=size).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").rotate(90).resize(size))
    return image


def request(picture: Image.Image | None = None, layer_count: int = 2, **fields: Any) -> Any:
    settings: dict[str, Any] = {"prompt": "a red circle", "steps": 4, "seeds": [1], "model": "tiny-layered"}
    return edit_pb2.SeparateLayersRequest(
        settings=edit_pb2.Settings(**settings | fields),
        image=message(picture or faded()),
        layer_count=layer_count,
    )


async def events_of(front: Front, asked: edit_pb2.SeparateLayersRequest) -> list[edit_pb2.Event]:
    return [answer.event async for answer in front.edits.SeparateLayers(asked, timeout=300)]


def results(events: list[edit_pb2.Event]) -> list[edit_pb2.Result]:
    return [event.result for event in events if event.HasField("result")]


def layer(result: edit_pb2.Result) -> Image.Image:
    return Image.open(io.BytesIO(result.image.data))


def stacked(events: list[edit_pb2.Event]) -> NDArray[np.uint8]:
    return np.stack([np.asarray(layer(result)) for result in results(events)])


async def test_each_seed_makes_its_layers_numbered_on(front: Front) -> None:
    events = await events_of(front, request(seeds=[5, 6], layer_count=3))
    found = results(events)
    assert [(each.image_index, each.seed) for each in found] == list(
        zip(range(6), [5] * 3 + [6] * 3, strict=True)
    )
    assert {(layer(each).mode, layer(each).size) for each in found} == {("RGBA", (SIDE_PX, SIDE_PX))}
    assert len({each.image.data for each in found}) == 6
    assert "Layer: 2 of 3" in layer(found[1]).info["parameters"]
    told = [event.progress for event in events if event.progress.stage == STAGE_DENOISING]
    assert {(each.image_index, each.image_count, each.images_at_once) for each in told} == {
        (0, 6, 3),
        (3, 6, 3),
    }
    assert max(each.step for each in told) == 3


async def test_the_same_seed_makes_the_same_layers(front: Front) -> None:
    first, again, other = [await events_of(front, request(seeds=[seed])) for seed in (1, 1, 2)]
    assert (stacked(first) == stacked(again)).all()
    assert (stacked(first) != stacked(other)).any()


async def test_transparency_is_seen_and_not_flattened(front: Front) -> None:
    opaque = faded()
    opaque.putalpha(255)
    assert (
        stacked(await events_of(front, request())) != stacked(await events_of(front, request(opaque)))
    ).any()


async def test_layers_have_the_shape_of_their_picture(front: Front) -> None:
    events = await events_of(front, request(faded((512, 300)), layer_count=1))
    assert layer(results(events)[0]).size == (512, 304)
    asked = request(faded((512, 300)), layer_count=1, size=Size(width=256, height=272))
    assert layer(results(await events_of(front, asked))[0]).size == (256, 272)


async def test_a_job_goes_on_from_its_checkpoint_to_the_same_layers(front: Front) -> None:
    asked = request(seeds=[5, 6])
    whole = await events_of(front, asked)
    checkpoints = [event.checkpoint for event in whole if event.HasField("checkpoint")]
    assert [(each.image_index, each.step) for each in checkpoints] == [(0, 2), (2, 2)]
    asked.settings.resume_from.CopyFrom(checkpoints[1])
    rest = await events_of(front, asked)
    assert [result.image_index for result in results(rest)] == [2, 3]
    assert min(each.progress.step for each in rest if each.progress.stage == STAGE_DENOISING) == 3
    assert (stacked(rest) == stacked(whole)[2:]).all()


async def test_layers_that_were_delivered_in_part_are_made_again(front: Front) -> None:
    asked = request(seeds=[5, 6])
    whole = await events_of(front, asked)
    asked.settings.resume_from.CopyFrom(Checkpoint(image_index=3))
    rest = await events_of(front, asked)
    assert [result.image_index for result in results(rest)] == [2, 3]
    assert (stacked(rest) == stacked(whole)[2:]).all()


async def test_a_killed_worker_costs_no_layer(front: Front) -> None:
    asked = request(steps=12)
    undisturbed = await events_of(front, asked)
    killed, events = False, list[edit_pb2.Event]()
    async for answer in front.edits.SeparateLayers(asked, timeout=300):
        events.append(answer.event)
        if not killed and answer.event.HasField("checkpoint"):
            front.worker().kill()
            killed = True
    assert killed
    assert (stacked(events) == stacked(undisturbed)).all()


async def test_hanging_up_frees_the_service(front: Front) -> None:
    call = front.edits.SeparateLayers(request(steps=100))
    async for answer in call:
        if answer.event.progress.stage == STAGE_DENOISING:
            break
    call.cancel()
    assert len(results(await events_of(front, request(steps=2)))) == 2


async def test_previews_show_the_layers_beside_each_other(front: Front) -> None:
    events = await events_of(front, request(layer_count=2))
    shown = next(event.progress.preview for event in events if event.progress.HasField("preview"))
    assert (shown.size.width, shown.size.height) == (512, 256)


async def test_the_model_is_described_with_its_skill_alone(front: Front) -> None:
    described = await front.capability.Describe(DescribeRequest())
    shapes, _, tiny = described.models
    assert (tiny.name, list(tiny.features)) == ("tiny-layered", ["layers"])
    assert (tiny.native_size.width, tiny.native_size.height) == (640, 640)
    assert "layers" not in shapes.features
    assert {feature.name: feature.enabled for feature in described.features}["layers"]


async def test_a_quote_counts_the_layers(front: Front) -> None:
    size = Size(width=1024, height=1024)
    one, four = [
        (await front.capability.Quote(QuoteRequest(model="tiny-layered", size=size, layers=layers))).tiers[0]
        for layers in (1, 4)
    ]
    # The layers and the whole picture are decoded together: five instead of two.
    assert four.peak_device_bytes > 2 * one.peak_device_bytes - 400 * 2**20
    assert four.peak_device_bytes > one.peak_device_bytes


async def test_the_built_in_model_refuses_and_names_one_that_can(front: Front) -> None:
    with pytest.raises(aio.AioRpcError) as caught:
        await events_of(front, request(model="shapes", steps=2))
    failure = read_failure(caught.value)
    assert failure.reason == "FEATURE_UNSUPPORTED"
    assert "shapes cannot do layers; it can do" in failure.message
    assert "Choose tiny-layered as the model." in failure.message


async def test_a_layered_model_does_nothing_else(front: Front) -> None:
    asked = edit_pb2.EditImageRequest(settings=request().settings, images=[message(faded())])
    with pytest.raises(aio.AioRpcError) as caught:
        await front.edit(asked)
    assert "tiny-layered cannot do edit; it can do layers." in read_failure(caught.value).message
