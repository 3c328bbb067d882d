"""The tiling service as its clients see it, judged by what the pictures show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Size
from limner.tiling.v1 import tiling_pb2
from services.shapes.captions import scene_from_caption
from services.shapes.judge import judge, read
from tests.edit.drawing import BEFORE, box, message, picture, pixels, scene
from tests.tiling.conftest import Front

pytestmark = pytest.mark.xdist_group("tiling-front")

WIDE = ("a red circle", "a blue square", "a green triangle", "an orange star")


def settings(prompt: str, size: tuple[int, int] | None = None, **more: Any) -> edit_pb2.Settings:
    found = edit_pb2.Settings(prompt=prompt, seeds=[1], **more)
    if size is not None:
        found.size.CopyFrom(Size(width=size[0], height=size[1]))
    return found


def result(events: list[tiling_pb2.Event]) -> edit_pb2.Result:
    (found,) = (event.result for event in events if event.HasField("result"))
    return found


def enlarge() -> tiling_pb2.UpscaleTiledRequest:
    return tiling_pb2.UpscaleTiledRequest(settings=settings(""), image=message(scene()), scale=2)


async def test_a_picture_larger_than_the_model_shows_what_was_asked_for_once(front: Front) -> None:
    request = tiling_pb2.GenerateTiledRequest(settings=settings(BEFORE, (256, 256)))
    events = await front.generate(request)
    made = picture(result(events).image)
    assert made.size == (256, 256)
    shrunk = made.resize((128, 128), Image.Resampling.LANCZOS)
    assert judge(shrunk, scene_from_caption(BEFORE)).right
    told = [event.progress for event in events if event.progress.tile_count]
    tiles = [progress.tile for progress in told]
    assert tiles == sorted(tiles)
    assert tiles[-1] == told[0].tile_count == 10
    assert any(event.progress.preview.data for event in events)


async def test_every_region_of_a_wide_picture_shows_its_own_prompt(front: Front) -> None:
    entities = [
        edit_pb2.Entity(prompt=f"{said} in the centre", mask=box(128 * i, 0, 128 * i + 128, 128))
        for i, said in enumerate(WIDE)
    ]
    request = tiling_pb2.GenerateTiledRequest(
        settings=settings("white background", (512, 128)), entities=entities
    )
    made = picture(result(await front.generate(request)).image)
    for index, said in enumerate(WIDE):
        found = read(made.crop((128 * index, 0, 128 * index + 128, 128)))
        assert [shape.colour for shape in found.shapes] == [said.split()[1]], said


async def test_an_enlarged_picture_is_the_same_scene(front: Front) -> None:
    events = [event async for event in front.upscale(enlarge())]
    made = picture(result(events).image)
    assert made.size == (256, 256)
    smooth = np.asarray(scene().resize((256, 256), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(pixels(made) - smooth).mean() < 4
    assert not list(front.scratch.iterdir())


async def test_a_killed_worker_costs_no_more_than_the_tile_in_work(front: Front) -> None:
    whole = result([event async for event in front.upscale(enlarge())])
    events: list[tiling_pb2.Event] = []
    is_killed = False
    async for event in front.upscale(enlarge()):
        events.append(event)
        if not is_killed and event.progress.tile == 4:
            front.worker().kill()
            is_killed = True
    assert is_killed
    tiles = [event.progress.tile for event in events if event.HasField("progress") and event.progress.tile]
    assert min(tiles[tiles.index(4) :]) >= 4
    assert (pixels(picture(result(events).image)) == pixels(picture(whole.image))).all()
