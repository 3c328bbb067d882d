"""What is asked for of the tiling service: checked in whole, with the model's defaults."""

from __future__ import annotations

from typing import Any

import pytest

from limner.edit.v1 import edit_pb2
from limner.image.v1.image_pb2 import Image, Size
from limner.tiling.v1 import tiling_pb2
from services.pipelines.stock import read_catalogue
from services.rpc.errors import InvalidFields
from services.tiling.job import Mode
from services.tiling.reading import to_job
from tests.edit.drawing import box, message, scene

CATALOGUE = read_catalogue(None)
PICTURE = message(scene())


def generate(width: int = 512, height: int = 512, **more: Any) -> tiling_pb2.Task:
    settings = edit_pb2.Settings(prompt="a red circle", size=Size(width=width, height=height), seeds=[1])
    whole: dict[str, Any] = {"settings": settings, **more}
    return tiling_pb2.Task(generate=tiling_pb2.GenerateTiledRequest(**whole))


def upscale(settings: edit_pb2.Settings | None = None, **more: Any) -> tiling_pb2.Task:
    whole: dict[str, Any] = {
        "settings": settings or edit_pb2.Settings(),
        "image": PICTURE,
        "scale": 2,
        **more,
    }
    return tiling_pb2.Task(upscale=tiling_pb2.UpscaleTiledRequest(**whole))


def entity(right: int = 128) -> edit_pb2.Entity:
    return edit_pb2.Entity(prompt="a star", mask=box(0, 0, right, 128))


def test_what_is_left_out_comes_from_the_model() -> None:
    job = to_job(generate(), CATALOGUE)
    assert (job.mode, job.tile_px, job.overlap_px, job.strength) == (Mode.REFINE, 128, 32, 0.3)
    assert (job.brief.steps, job.refine_steps, job.size_px) == (20, 6, (512, 512))


def test_regions_ask_for_all_tiles_together() -> None:
    job = to_job(generate(entities=[entity()]), CATALOGUE)
    assert job.mode is Mode.JOINT
    assert [region.prompt for region in job.regions] == ["a star"]


def test_a_picture_is_enlarged_without_a_word_in_whole_tokens() -> None:
    job = to_job(upscale(image=message(scene(size=(100, 70))), scale=3), CATALOGUE)
    assert (job.size_px, job.brief.prompt) == ((304, 208), "")


@pytest.mark.parametrize(
    ("task", "field", "words"),
    [
        (generate(width=112), "settings.size.width", "112; use 128, which is one tile, to 8192"),
        (generate(width=8208), "settings.size.width", "8208; use 128"),
        (generate(width=500), "settings.size.width", "500; it must be a multiple of 16 (try 496)"),
        (generate(width=4096, height=128), "settings.size", "at most 16 times"),
        (generate(tiles=tiling_pb2.Tiles(tile_px=100)), "tiles.tile_px", "100; use multiples of 16"),
        (generate(tiles=tiling_pb2.Tiles(overlap_px=128)), "tiles.overlap_px", "128; use 16 to 64"),
        (generate(strength=1.5), "strength", "1.5; use above 0 to 1"),
        (generate(entities=[entity()] * 17), "entities", "17 entries; at most 16"),
        (generate(entities=[entity(528)]), "entities[0].mask.box", "beyond the picture's 512 × 512"),
        (generate(settings=edit_pb2.Settings(prompt=" ")), "settings.prompt", "is empty"),
        (generate(settings=edit_pb2.Settings(prompt="a star")), "settings.size", "is missing"),
        (upscale(scale=1), "scale", "1.0; use above 1 to 8"),
        (upscale(image=Image(data=b"no picture")), "image", "no picture that can be read"),
        (upscale(control_scale=3), "control_scale", "3.0; use 0 to 2"),
        (upscale(tiles=tiling_pb2.Tiles(mode=tiling_pb2.MODE_JOINT)), "tiles.mode", "leave it out"),
        (
            upscale(edit_pb2.Settings(size=Size(width=112, height=128))),
            "settings.size",
            "use at least the picture's 128 × 128",
        ),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_value_and_what_to_do(
    task: tiling_pb2.Task, field: str, words: str
) -> None:
    with pytest.raises(InvalidFields) as caught:
        to_job(task, CATALOGUE)
    found = {violation.field: violation.description for violation in caught.value.violations}
    assert words in found[field]
