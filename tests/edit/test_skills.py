"""What the built-in model learnt beyond painting, through the service."""

from __future__ import annotations

from typing import Any

import pytest

from limner.edit.v1 import edit_pb2
from services.shapes.judge import Verdict, judge, scene_from_caption
from tests.edit.conftest import Front
from tests.edit.drawing import BEFORE, box, message, picture, scene

pytestmark = pytest.mark.xdist_group("edit-front")

SEEDS = (1, 2, 3)


def settings(prompt: str, **more: Any) -> edit_pb2.Settings:
    whole: dict[str, Any] = {"prompt": prompt, "seeds": SEEDS, **more}
    return edit_pb2.Settings(**whole)


def verdicts(events: list[edit_pb2.Event], caption: str) -> list[Verdict]:
    found = [picture(event.result.image) for event in events if event.HasField("result")]
    assert len(found) == len(SEEDS)
    return [judge(image, scene_from_caption(caption)) for image in found]


def shows(events: list[edit_pb2.Event], caption: str) -> bool:
    """Tells whether most pictures show that: the model errs now and then, as RESULTS.md says."""
    return sum(verdict.right for verdict in verdicts(events, caption)) >= 2


def has_in_place(events: list[edit_pb2.Event], caption: str) -> bool:
    """Tells whether most pictures have the right colours in the right places, whatever their outlines."""
    found = verdicts(events, caption)
    return sum(v.background and v.count and v.colours and v.places for v in found) >= 2


@pytest.mark.parametrize(
    ("instruction", "after"),
    [
        (
            "add a yellow star at the top",
            "a red circle on the left and a yellow star at the top, white background",
        ),
        ("make the background yellow", "a red circle on the left, yellow background"),
    ],
)
async def test_an_instruction_changes_what_it_says_and_nothing_else(
    front: Front, instruction: str, after: str
) -> None:
    request = edit_pb2.EditImageRequest(
        settings=settings(instruction), images=[message(scene("a red circle on the left, white background"))]
    )
    assert shows(await front.edit(request), after)


async def test_of_two_pictures_the_first_is_edited(front: Front) -> None:
    lender = scene("a yellow star at the top, black background", seed=8)
    request = edit_pb2.EditImageRequest(
        settings=settings("make the circle the colour of the star in Picture 2"),
        images=[message(scene(BEFORE)), message(lender)],
    )
    # Whose colour the circle gets is not learnt yet: see RESULTS.md.
    found = verdicts(await front.edit(request), BEFORE)
    assert sum(v.background and v.count and v.places for v in found) >= 2


async def test_a_canny_control_keeps_the_forms_and_the_prompt_gives_the_colours(front: Front) -> None:
    photo = scene("a green star on the left and a purple square on the right, white background", seed=5)
    wanted = "a red star on the left and a blue square on the right, white background"
    request = edit_pb2.GenerateControlledRequest(
        settings=settings(wanted),
        controls=[edit_pb2.Control(kind="canny", image=message(photo), preprocess=True)],
    )
    assert shows(await front.control(request), wanted)


async def test_each_region_obeys_its_own_prompt(front: Front) -> None:
    request = edit_pb2.GenerateControlledRequest(
        settings=settings("white background"),
        entities=[
            edit_pb2.Entity(prompt="a red star", mask=box(0, 32, 56, 96)),
            edit_pb2.Entity(prompt="a blue circle", mask=box(72, 32, 128, 96)),
        ],
    )
    wanted = "a red star on the left and a blue circle on the right, white background"
    assert has_in_place(await front.control(request), wanted)


async def test_regions_and_a_mask_combine(front: Front) -> None:
    request = edit_pb2.GenerateControlledRequest(
        settings=settings("a red circle on the left and a green square on the right, white background"),
        entities=[edit_pb2.Entity(prompt="a green square", mask=box(72, 32, 128, 96))],
        start_image=message(scene("a red circle on the left, white background")),
        mask=box(64, 0, 128, 128),
    )
    wanted = "a red circle on the left and a green square on the right, white background"
    assert has_in_place(await front.control(request), wanted)


@pytest.mark.parametrize("mode", ["RGBA", "P"])
async def test_pictures_of_other_modes_are_edited_too(front: Front, mode: str) -> None:
    request = edit_pb2.EditImageRequest(
        settings=settings(BEFORE, steps=4), images=[message(scene(BEFORE).convert(mode))], strength=0.5
    )
    events = await front.edit(request)
    assert sum(event.HasField("result") for event in events) == len(SEEDS)
