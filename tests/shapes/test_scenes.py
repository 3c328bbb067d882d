"""The world: what can be asked for, what is kept out of training, and how it is said."""

from __future__ import annotations

import random

import numpy as np
import pytest

from services.shapes.captions import caption, scene_from_caption
from services.shapes.pictures import render
from services.shapes.scenes import (
    COLOURS,
    PLACES,
    Scene,
    Shape,
    draw_scene,
    is_unseen,
    key,
    pairs,
    requests,
    singles,
)

SCENE = Scene("white", (Shape("circle", "red", "left"), Shape("square", "blue", "right")))


def test_training_never_draws_a_scene_that_requests_asks_for() -> None:
    rng = random.Random(7)
    asked = {key(scene) for scene in requests(500)}
    trained = {key(draw_scene(rng)) for _ in range(5000)}
    assert len(asked) == 500
    assert not asked & trained


def test_the_order_of_the_shapes_does_not_change_the_split() -> None:
    for scene in requests(50):
        assert is_unseen(Scene(scene.background, scene.shapes[::-1]))


def test_about_one_scene_in_ten_is_kept_out_of_training() -> None:
    shares = [sum(map(is_unseen, world)) / len(world) for world in (list(singles()), list(pairs()))]
    assert shares == pytest.approx([0.1, 0.1], abs=0.02)


def test_requests_are_the_same_for_the_same_seed() -> None:
    assert requests(20, seed=3) == requests(20, seed=3) != requests(20, seed=4)


def test_no_shape_has_the_colour_of_its_background_or_shares_a_place() -> None:
    rng = random.Random(0)
    for _ in range(500):
        scene = draw_scene(rng)
        assert scene.background not in {shape.colour for shape in scene.shapes}
        assert len({shape.place for shape in scene.shapes}) == len(scene.shapes)


def test_the_canonical_caption_names_everything() -> None:
    assert caption(SCENE) == "a red circle on the left and a blue square on the right, white background"


@pytest.mark.parametrize(
    "text",
    [
        "a red circle on the left and a blue square on the right",
        "White background, a blue square on the right with a red circle on the left.",
        "a red circle on the left, a blue square on the right on a white background",
    ],
)
def test_every_wording_is_read_back(text: str) -> None:
    assert key(scene_from_caption(text)) == key(SCENE)


def test_every_drawn_caption_is_read_back_as_its_scene() -> None:
    rng = random.Random(1)
    for _ in range(1000):
        scene = draw_scene(rng)
        assert key(scene_from_caption(caption(scene, rng))) == key(scene)


def test_a_text_without_a_shape_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="a red circle on the left"):
        scene_from_caption("a cat")


def test_a_picture_shows_the_shape_in_its_place_on_its_background() -> None:
    for place, (x, y) in PLACES.items():
        image = np.asarray(render(Scene("yellow", (Shape("square", "green", place),)), 160, 96))
        assert image.shape == (96, 160, 3)
        assert tuple(image[int(y * 96), int(x * 160)]) == COLOURS["green"]
        assert tuple(image[2, 2]) == COLOURS["yellow"]


def test_a_seed_shakes_the_picture_reproducibly() -> None:
    first, again, other = (np.asarray(render(SCENE, 128, 128, seed=seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
