"""What can be done to a scene, how it is said, and what is kept out of training."""

from __future__ import annotations

import random

import pytest

from services.shapes.edit_draws import draw_edit, edit_key, edit_requests, is_unseen_edit, single_edits
from services.shapes.edits import (
    EDITS,
    Add,
    Borrow,
    Edit,
    Move,
    Recolour,
    Reform,
    Remove,
    Repaint,
)
from services.shapes.instructions import instruction
from services.shapes.scenes import Scene, Shape, draw_scene, is_unseen, key

CIRCLE, SQUARE = Shape("circle", "red", "left"), Shape("square", "blue", "right")
SCENE = Scene("white", (CIRCLE, SQUARE))


@pytest.mark.parametrize(
    ("edit", "shapes", "said"),
    [
        (Recolour(CIRCLE, "green"), (Shape("circle", "green", "left"), SQUARE), "make the circle green"),
        (Reform(CIRCLE, "star"), (Shape("star", "red", "left"), SQUARE), "turn the circle into a star"),
        (Remove(CIRCLE), (SQUARE,), "remove the circle"),
        (Move(CIRCLE, "top"), (Shape("circle", "red", "top"), SQUARE), "move the circle to the top"),
        (Repaint("black"), (CIRCLE, SQUARE), "replace the background with black"),
    ],
)
def test_an_edit_changes_what_it_says_and_nothing_else(
    edit: Edit, shapes: tuple[Shape, ...], said: str
) -> None:
    after = edit.apply(SCENE)
    assert after.shapes == shapes
    assert after.background == ("black" if isinstance(edit, Repaint) else "white")
    assert instruction(SCENE, edit) == said


def test_a_shape_is_added_where_there_is_room() -> None:
    alone, star = Scene("white", (CIRCLE,)), Shape("star", "yellow", "top")
    assert Add(star).apply(alone).shapes == (CIRCLE, star)
    assert instruction(alone, Add(star)) == "add a yellow star at the top"
    with pytest.raises(ValueError, match="has 2 shapes already"):
        Add(star).apply(SCENE)


def test_a_look_is_borrowed_from_a_second_picture() -> None:
    star = Shape("star", "purple", "centre")
    borrow = Borrow(CIRCLE, Scene("black", (star,)), star, "look")
    assert borrow.apply(SCENE).shapes[0] == Shape("star", "purple", "left")
    assert instruction(SCENE, borrow) == "replace the circle with the star in Picture 2"
    with pytest.raises(ValueError, match="Picture 2 shows no"):
        Borrow(CIRCLE, Scene("black", (SQUARE,)), star, "look").apply(SCENE)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Recolour(CIRCLE, "white"), "would vanish"),
        (Recolour(CIRCLE, "red"), "is so already"),
        (Recolour(CIRCLE, "pink"), "has no 'pink'"),
        (Move(CIRCLE, "right"), "is there already"),
        (Remove(Shape("star", "red", "top")), "shows no red star"),
        (Repaint("blue"), "would vanish on blue"),
        (Repaint("white"), "is white already"),
    ],
)
def test_an_edit_that_does_not_apply_says_why(edit: Edit, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        edit.apply(SCENE)


def test_an_instruction_can_mean_only_one_shape() -> None:
    twins = Scene("white", (CIRCLE, Shape("circle", "red", "right")))
    rng = random.Random(3)
    for _ in range(200):
        assert "left" in instruction(twins, Recolour(CIRCLE, "green"), rng)


def test_training_never_draws_an_edit_that_requests_asks_for() -> None:
    rng = random.Random(7)
    asked = {edit_key(scene, edit) for scene, edit in edit_requests(300)}
    scenes = [draw_scene(rng) for _ in range(3000)]
    drawn = [(scene, draw_edit(scene, rng)) for scene in scenes]
    assert len(asked) == 300
    assert not asked & {edit_key(scene, edit) for scene, edit in drawn}
    assert not any(is_unseen(edit.apply(scene)) for scene, edit in drawn)
    assert not any(is_unseen_edit(scene, edit) for scene, edit in drawn)


def test_every_kind_of_edit_is_drawn() -> None:
    rng = random.Random(2)
    kinds = {type(draw_edit(scene, rng)) for scene in (draw_scene(rng) for _ in range(200))}
    assert kinds == set(EDITS)


def test_every_single_edit_leads_to_another_scene() -> None:
    rng = random.Random(5)
    for _ in range(50):
        scene = draw_scene(rng)
        assert all(key(edit.apply(scene)) != key(scene) for edit in single_edits(scene))
