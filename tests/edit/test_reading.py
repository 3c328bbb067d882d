"""Every wrong field is found before anything runs, and named with its value and the fix."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from limner.edit.v1 import edit_pb2
from limner.image.v1 import image_pb2
from limner.image.v1.image_pb2 import Mask, Size
from services.edit.job import Job, digest_inputs, need_of, settings_of, to_task
from services.edit.reading import to_job
from services.pipelines.catalogue import Catalogue
from services.pipelines.stock import read_catalogue
from services.rpc.errors import FeatureUnsupported, InvalidFields, ModelNotFound
from tests.edit.drawing import box, mask, message, scene

ALL = frozenset(
    {"edit", "image_to_image", "inpaint", "outpaint", "entities", "text_to_image", "control.canny"}
)
PICTURE = message(scene())


def able(skills: frozenset[str] = ALL) -> Catalogue:
    """The built-in model as if it had `skills`, whatever weights are shipped."""
    known = read_catalogue(None).find("shapes")
    model = replace(known, skills=skills)
    return Catalogue(lambda: {model.name: model})


def settings(**fields: Any) -> edit_pb2.Settings:
    whole: dict[str, Any] = {"prompt": "make the circle green", **fields}
    return edit_pb2.Settings(**whole)


def edit(**fields: Any) -> edit_pb2.Task:
    whole: dict[str, Any] = {"settings": settings(), "images": [PICTURE], **fields}
    return edit_pb2.Task(edit=edit_pb2.EditImageRequest(**whole))


def inpaint(**fields: Any) -> edit_pb2.Task:
    whole: dict[str, Any] = {"settings": settings(), "image": PICTURE, **fields}
    return edit_pb2.Task(inpaint=edit_pb2.InpaintImageRequest(**whole))


def controlled(**fields: Any) -> edit_pb2.Task:
    whole: dict[str, Any] = {"settings": settings(), **fields}
    return edit_pb2.Task(controlled=edit_pb2.GenerateControlledRequest(**whole))


def layers(**fields: Any) -> edit_pb2.Task:
    whole: dict[str, Any] = {"settings": settings(), "image": PICTURE, **fields}
    return edit_pb2.Task(layers=edit_pb2.SeparateLayersRequest(**whole))


def read(task: edit_pb2.Task) -> Job:
    return to_job(task, able())


def canny(**fields: Any) -> edit_pb2.Control:
    whole: dict[str, Any] = {"kind": "canny", "image": PICTURE, **fields}
    return edit_pb2.Control(**whole)


def entity(**fields: Any) -> edit_pb2.Entity:
    whole: dict[str, Any] = {"prompt": "a red circle", "mask": box(0, 0, 64, 64), **fields}
    return edit_pb2.Entity(**whole)


def test_an_instruction_refers_to_its_pictures() -> None:
    job = read(edit(images=[PICTURE, PICTURE]))
    assert (job.skill, len(job.references), job.start) == ("edit", 2, None)
    assert (job.brief.width_px, job.brief.height_px) == (128, 128)
    assert job.brief.guidance_scale == 2.0


def test_a_strength_paints_over_the_picture_instead() -> None:
    job = read(edit(strength=0.4))
    assert (job.skill, job.references, job.strength) == ("image_to_image", (), 0.4)
    assert job.start is not None


def test_the_result_has_the_shape_of_the_first_picture_at_native_area() -> None:
    job = read(edit(images=[message(scene(size=(300, 200)))]))
    assert (job.brief.width_px, job.brief.height_px) == (160, 112)


def test_an_asked_size_wins() -> None:
    job = read(edit(settings=settings(size=Size(width=64, height=96))))
    assert (job.brief.width_px, job.brief.height_px) == (64, 96)


def test_margins_widen_the_picture() -> None:
    job = read(inpaint(outpaint=edit_pb2.Outpaint(left=64, right=64)))
    assert (job.skill, job.brief.width_px, job.brief.height_px) == ("outpaint", 176, 96)


def test_controls_regions_and_a_masked_start_combine() -> None:
    task = controlled(
        controls=[canny()], entities=[entity()], start_image=PICTURE, mask=box(0, 0, 64, 128), strength=0.7
    )
    job = read(task)
    assert job.skills == {"inpaint", "control.canny", "entities"}
    assert (job.strength, len(job.pictures)) == (0.7, 2)


@pytest.mark.parametrize(("asked", "made"), [(0, 4), (1, 1), (8, 8)])
def test_a_picture_is_taken_apart_into_four_layers_or_as_many_as_asked_for(asked: int, made: int) -> None:
    job = to_job(layers(layer_count=asked), able(frozenset({"layers"})))
    assert (job.skill, job.layer_count, len(job.pictures)) == ("layers", made, 1)


def test_layers_need_memory_for_each_of_them() -> None:
    catalogue = able(frozenset({"layers"}))
    two, four = (need_of(to_job(layers(layer_count=count), catalogue)).demands[0] for count in (2, 4))
    per_canvas = (four.working_bytes - two.working_bytes) / 2
    assert per_canvas > 0
    assert two.working_bytes > 4 * per_canvas  # two layers, the whole picture, and again as it came


def test_a_turned_photograph_is_measured_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    job = read(edit(images=[message(scene(size=(300, 200)), "JPEG", exif=exif)]))
    assert (job.brief.width_px, job.brief.height_px) == (112, 160)


def animated() -> image_pb2.Image:
    return message(scene(), "WEBP", save_all=True, append_images=[scene(seed=9)])


def bomb() -> image_pb2.Image:
    file = io.BytesIO()
    Image.new("1", (9000, 9000)).save(file, "PNG")
    return image_pb2.Image(data=file.getvalue(), format="png")


WRONG: list[tuple[edit_pb2.Task, str, str]] = [
    (edit(images=[]), "images", "images has 0 entries; send 1 to 4"),
    (edit(images=[PICTURE] * 5), "images", "images has 5 entries; send 1 to 4"),
    (edit(images=[PICTURE, PICTURE], strength=0.5), "strength", "paints over one image; images has 2"),
    (edit(strength=1.5), "strength", "strength is 1.5; use above 0 to 1"),
    (edit(images=[image_pb2.Image()]), "images[0]", "images[0] is empty; send a PNG"),
    (edit(images=[image_pb2.Image(data=b"no")]), "images[0]", "no picture that can be read"),
    (edit(images=[image_pb2.Image(uri="sha256:0")]), "images[0].uri", "send the file as data"),
    (edit(images=[animated()]), "images[0]", "is animated (2 frames)"),
    (edit(images=[bomb()]), "images[0]", "9000 × 9000 pixels; at most 64 megapixels"),
    (edit(settings=settings(prompt=" ")), "settings.prompt", "prompt is empty"),
    (edit(settings=settings(steps=1)), "settings.steps", "steps is 1; use 2 to 100"),
    (edit(entities=[entity()] * 9), "entities", "entities has 9 entries; at most 8"),
    (edit(entities=[entity(prompt="")]), "entities[0].prompt", "say what the region shows"),
    (edit(entities=[entity(prompt="x" * 501)]), "entities[0].prompt", "501 characters"),
    (edit(entities=[entity(strength=0.5)]), "entities[0].strength", "weigh all entities alike"),
    (edit(entities=[entity(mask=Mask())]), "entities[0].mask.image", "is empty"),
    (layers(image=image_pb2.Image()), "image", "image is empty; send a PNG"),
    (layers(layer_count=9), "layer_count", "layer_count is 9; use 1 to 8"),
    (layers(layer_count=-1), "layer_count", "layer_count is -1; use 1 to 8"),
    (layers(settings=settings(steps=101)), "settings.steps", "steps is 101; use 2 to 100"),
    (inpaint(), "mask", "Neither mask nor outpaint"),
    (inpaint(mask=Mask(image=message(mask((64, 64), None)))), "mask.image", "64 × 64 px and its picture 128"),
    (inpaint(mask=box(0, 0, 129, 10)), "mask.box", "beyond the picture's 128 × 128 px"),
    (inpaint(mask=box(9, 0, 9, 10)), "mask.box", "right and bottom must be larger"),
    (inpaint(mask=box(0, 0, 9, 9, feather_px=300)), "mask.feather_px", "300; use 0 to 256"),
    (inpaint(mask=box(0, 0, 9, 9, grow_px=-300)), "mask.grow_px", "-300; use -256 to 256"),
    (inpaint(outpaint=edit_pb2.Outpaint(left=8)), "outpaint.left", "8; use multiples of 16"),
    (inpaint(outpaint=edit_pb2.Outpaint()), "outpaint", "adds nothing on any side"),
    (controlled(), "controls", "Neither controls nor entities"),
    (controlled(controls=[canny(kind="depth")]), "controls[0].kind", "'depth'; shapes has canny"),
    (controlled(controls=[canny()] * 5), "controls", "controls has 5 entries; at most 4"),
    (controlled(controls=[canny(scale=3)]), "controls[0].scale", "3.0; use 0 to 2"),
    (controlled(controls=[canny(start=0.6, end=0.5)]), "controls[0].start", "from 0.6 to 0.5"),
    (controlled(controls=[canny()], mask=box(0, 0, 9, 9)), "mask", "without start_image"),
]


@pytest.mark.parametrize(
    ("task", "field", "says"), WRONG, ids=[f"{field}: {says}" for _, field, says in WRONG]
)
def test_a_wrong_field_is_named_with_its_value_and_the_fix(
    task: edit_pb2.Task, field: str, says: str
) -> None:
    with pytest.raises(InvalidFields) as caught:
        read(task)
    assert [violation.field for violation in caught.value.violations] == [field]
    assert says in caught.value.violations[0].description


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(InvalidFields) as caught:
        read(inpaint(settings=settings(prompt="", steps=1), mask=box(5, 5, 5, 5)))
    fields = {violation.field for violation in caught.value.violations}
    assert fields == {"mask.box", "settings.prompt", "settings.steps"}


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(ModelNotFound, match="no model named 'x'"):
        read(edit(settings=settings(model="x")))


def test_what_the_model_cannot_do_is_named() -> None:
    with pytest.raises(FeatureUnsupported, match="cannot do edit; it can do text_to_image"):
        to_job(edit(), able(frozenset({"text_to_image"})))


def test_a_job_survives_the_way_to_the_worker() -> None:
    task = controlled(controls=[canny()], entities=[entity()], start_image=PICTURE, strength=0.5)
    job = read(task)
    sent = to_task(task, job.brief)
    assert read(sent) == job
    assert settings_of(sent).seeds


def test_the_digest_of_inputs_changes_with_them_and_not_with_the_attempt() -> None:
    first = digest_inputs(edit(settings=settings(request_id="job.1")))
    assert digest_inputs(edit(settings=settings(request_id="job.2"))) == first
    assert digest_inputs(edit(images=[message(scene(seed=8))])) != first


def test_more_pictures_are_charged_for_more() -> None:
    one, four = read(edit()), read(edit(images=[PICTURE] * 4))
    # Where the transformer's part is the largest; in full, one picture's decoding is.
    assert need_of(four).demands[-1].working_bytes >= need_of(one).demands[-1].working_bytes
    assert need_of(four).demands[0].profile != need_of(one).demands[0].profile
