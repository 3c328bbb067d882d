"""The judge is measured on painted ground truth, never on the model."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from services.shapes.judge import judge, read, scene_from_caption
from services.shapes.pictures import render
from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene, Shape, draw_scene, key
from services.shapes.sight import lab

SIZES = ((128, 128), (128, 128), (96, 160), (160, 96), (192, 128))
RED_LEFT = scene_from_caption("a red circle on the left, white background")


def blurred(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Blurs as a weak decoder would, up to 1.3 px."""
    return cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.5, 1.3))


def noisy(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Adds Gaussian noise of up to 10 of 255."""
    noise = np.random.default_rng(rng.randrange(2**31)).normal(0, rng.uniform(3, 10), pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def plain(pixels: np.ndarray, rng: random.Random) -> np.ndarray:
    """Leaves the picture as painted."""
    return pixels


@pytest.mark.parametrize("damage", [plain, blurred, noisy])
def test_the_judge_reads_ground_truth_and_never_guesses_wrong(
    damage: Callable[[np.ndarray, random.Random], np.ndarray],
) -> None:
    rng, right, wrong, count = random.Random(11), 0, 0, 80
    for _ in range(count):
        scene = draw_scene(rng, unseen=rng.random() < 0.5)
        image = render(scene, *rng.choice(SIZES), seed=rng.randrange(2**31))
        reading = read(Image.fromarray(damage(np.asarray(image), rng)))
        if not reading.unsure:
            right += key(reading.scene()) == key(scene)
            wrong += key(reading.scene()) != key(scene)
    assert wrong == 0
    assert right / count >= 0.99


@pytest.mark.parametrize(
    ("attribute", "shape", "background"),
    [
        ("kinds", Shape("square", "red", "left"), "white"),
        ("colours", Shape("circle", "orange", "left"), "white"),
        ("places", Shape("circle", "red", "top"), "white"),
        ("background", Shape("circle", "red", "left"), "yellow"),
    ],
)
def test_one_wrong_attribute_is_named_and_only_that(attribute: str, shape: Shape, background: str) -> None:
    verdict = judge(render(Scene(background, (shape,)), 128, 128), RED_LEFT)
    assert not verdict.right
    flags = {name: getattr(verdict, name) for name in ("kinds", "colours", "places", "background", "count")}
    assert [name for name, right in flags.items() if not right] == [attribute]


def test_a_shape_too_many_and_one_too_few_are_a_wrong_count() -> None:
    two = replace(RED_LEFT, shapes=(*RED_LEFT.shapes, Shape("star", "blue", "right")))
    assert not judge(render(two, 128, 128), RED_LEFT).count
    assert not judge(render(RED_LEFT, 128, 128), two).count


def test_swapped_colours_are_not_right() -> None:
    asked = scene_from_caption("a red circle on the left and a blue circle on the right")
    shown = scene_from_caption("a blue circle on the left and a red circle on the right")
    assert not judge(render(shown, 128, 128), asked).right


def test_the_order_of_the_request_does_not_matter() -> None:
    asked = scene_from_caption("a red circle on the left and a blue star on the right")
    assert judge(render(asked, 128, 128), Scene(asked.background, asked.shapes[::-1])).right


def test_every_look_is_read_alone_in_every_place() -> None:
    for kind, place in ((kind, place) for kind in KINDS for place in PLACES):
        scene = Scene("black", (Shape(kind, "purple", place),))
        assert judge(render(scene, 128, 128), scene).right


def test_between_two_colours_the_judge_is_unsure() -> None:
    shades = np.linspace(COLOURS["red"], COLOURS["orange"], 9).round().astype(np.uint8)
    distances = np.linalg.norm(lab(shades)[:, None] - lab(shades[[0, -1]]), axis=-1)
    between = shades[np.abs(distances[:, 0] - distances[:, 1]).argmin()]
    image = np.full((128, 128, 3), COLOURS["white"], np.uint8)
    cv2.circle(image, (27, 64), 20, [int(v) for v in between], -1)
    assert read(Image.fromarray(image)).shapes[0].colour is None


def test_between_two_places_the_judge_is_unsure() -> None:
    image = np.full((128, 128, 3), COLOURS["white"], np.uint8)
    cv2.circle(image, (45, 45), 15, COLOURS["red"], -1)
    verdict = judge(Image.fromarray(image), RED_LEFT)
    assert verdict.unsure
    assert not verdict.right


def test_pure_noise_is_unsure() -> None:
    image = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    assert read(Image.fromarray(image)).unsure


def test_an_empty_ground_shows_nothing_and_is_not_right() -> None:
    verdict = judge(Image.new("RGB", (128, 128), COLOURS["white"]), RED_LEFT)
    assert verdict.background
    assert not verdict.count
    assert not verdict.right
