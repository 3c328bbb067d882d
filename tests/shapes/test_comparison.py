"""An edit is judged on painted ground truth: what it should do, and every way to do less or more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import ImageChops

from services.shapes.comparison import judge_edit
from services.shapes.edit_draws import edit_requests
from services.shapes.edits import Add, Edit, Move, Recolour, Reform, Remove, Repaint
from services.shapes.pictures import render
from services.shapes.scenes import Scene, Shape

CIRCLE, SQUARE = Shape("circle", "red", "left"), Shape("square", "blue", "right")
SCENE = Scene("white", (CIRCLE, SQUARE))
BEFORE = render(SCENE, 128, 128, seed=3)
EDITS: tuple[Edit, ...] = (
    Recolour(CIRCLE, "green"),
    Reform(CIRCLE, "star"),
    Remove(CIRCLE),
    Move(CIRCLE, "top"),
    Repaint("yellow"),
)


def test_what_an_edit_should_do_is_right() -> None:
    right = sum(
        judge_edit(
            render(scene, 128, 128, seed), render(edit.apply(scene), 128, 128, seed), scene, edit
        ).right
        for seed, (scene, edit) in enumerate(edit_requests(60))
    )
    assert right >= 59


@pytest.mark.parametrize("edit", [edit for edit in EDITS if not isinstance(edit, Remove)])
def test_doing_nothing_keeps_everything_and_changes_nothing(edit: Edit) -> None:
    verdict = judge_edit(BEFORE, BEFORE, SCENE, edit)
    assert verdict.kept
    assert not verdict.changed


def test_a_shape_that_was_not_removed_is_one_too_many() -> None:
    verdict = judge_edit(BEFORE, BEFORE, SCENE, Remove(CIRCLE))
    assert not verdict.changed
    assert not verdict.kept


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(
    "spoilt",
    [replace(SQUARE, colour="purple"), replace(SQUARE, kind="triangle"), replace(SQUARE, place="bottom")],
)
def test_an_edit_that_also_touches_another_shape_is_not_right(edit: Edit, spoilt: Shape) -> None:
    after = edit.apply(SCENE)
    shapes = tuple(spoilt if shape == SQUARE else shape for shape in after.shapes)
    verdict = judge_edit(BEFORE, render(Scene(after.background, shapes), 128, 128, 3), SCENE, edit)
    assert verdict.changed
    assert not verdict.kept


@pytest.mark.parametrize("edit", [edit for edit in EDITS if not isinstance(edit, Repaint)])
def test_another_background_is_not_kept(edit: Edit) -> None:
    after = render(Scene("black", edit.apply(SCENE).shapes), 128, 128, seed=3)
    assert not judge_edit(BEFORE, after, SCENE, edit).kept


def test_a_shape_too_many_is_not_kept() -> None:
    alone, star = Scene("white", (CIRCLE,)), Shape("star", "black", "bottom")
    after = Scene("white", (CIRCLE, SQUARE, star))
    verdict = judge_edit(render(alone, 128, 128), render(after, 128, 128), alone, Add(SQUARE))
    assert verdict.changed
    assert not verdict.kept


def test_what_moved_by_eight_pixels_is_not_kept() -> None:
    after = ImageChops.offset(render(Recolour(CIRCLE, "green").apply(SCENE), 128, 128, 3), 0, 8)
    assert not judge_edit(BEFORE, after, SCENE, Recolour(CIRCLE, "green")).kept


def test_the_wrong_colour_is_no_change() -> None:
    after = render(Recolour(CIRCLE, "black").apply(SCENE), 128, 128, 3)
    assert not judge_edit(BEFORE, after, SCENE, Recolour(CIRCLE, "green")).changed
