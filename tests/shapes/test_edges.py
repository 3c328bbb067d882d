"""Edges: drawn as the service draws them, and compared within a tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops

from services.shapes.captions import scene_from_caption
from services.shapes.edges import draw_edges, edge_f1
from services.shapes.pictures import render

SCENE = scene_from_caption("a red square on the left and a blue circle on the right")
OTHER = scene_from_caption("a red star on the right and a blue circle at the top")


def edges_of(image: Image.Image) -> Image.Image:
    return Image.fromarray(draw_edges(np.asarray(image)))


def test_a_picture_keeps_to_its_own_edges() -> None:
    image = render(SCENE, 128, 128)
    assert edge_f1(edges_of(image), image) == 1


def test_edges_are_white_lines_on_black() -> None:
    pixels = np.asarray(edges_of(render(SCENE, 128, 128)))
    assert pixels.shape == (128, 128, 3)
    assert set(np.unique(pixels)) == {0, 255}


def test_colours_of_the_same_brightness_have_an_edge() -> None:
    grey = scene_from_caption("a purple circle on the left, red background")
    assert np.asarray(edges_of(render(grey, 128, 128))).any()


@pytest.mark.parametrize(("shift_px", "least", "most"), [(1, 1.0, 1.0), (8, 0.0, 0.6)])
def test_edges_may_be_off_by_the_tolerance_and_no_more(shift_px: int, least: float, most: float) -> None:
    image = render(SCENE, 128, 128)
    assert least <= edge_f1(edges_of(image), ImageChops.offset(image, shift_px, 0)) <= most


def test_other_shapes_have_other_edges() -> None:
    assert edge_f1(edges_of(render(SCENE, 128, 128)), render(OTHER, 128, 128)) < 0.5


def test_without_edges_only_an_empty_picture_is_right() -> None:
    blank = Image.new("RGB", (64, 64))
    assert edge_f1(blank, blank) == 1
    assert edge_f1(blank, render(SCENE, 64, 64)) == 0
