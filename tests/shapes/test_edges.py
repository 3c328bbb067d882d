"""Edges: drawn as preprocessors draw them, and compared within a tolerance."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageChops

from services.shapes.captions import scene_from_caption
from services.shapes.edges import draw_edges, edge_f1
from services.shapes.pictures import render
from services.synthesis.preprocessing import preprocess

SCENE = scene_from_caption("a red square on the left and a blue circle on the right")
OTHER = scene_from_caption("a red star on the right and a blue circle at the top")


def edges_of(image: Image.Image) -> Image.Image:
    return Image.fromarray(draw_edges(np.asarray(image)))


EDGES = edges_of(render(SCENE, 128, 128))


def test_edges_in_colour_are_those_of_the_edit_service() -> None:
    image = render(SCENE, 128, 128)
    ours = draw_edges(np.asarray(image))
    assert (ours == np.asarray(preprocess("canny", image, {}))).all()


def test_colours_of_the_same_brightness_have_an_edge_only_in_colour() -> None:
    image = np.asarray(render(scene_from_caption("a purple circle on the left, red background"), 128, 128))
    assert draw_edges(image).any()
    assert not draw_edges(image, grey=True).any()


@pytest.mark.parametrize(("shift_px", "least", "most"), [(0, 1, 1), (1, 1, 1), (8, 0, 0.6)])
def test_edges_may_be_off_by_the_tolerance_and_no_more(shift_px: int, least: float, most: float) -> None:
    assert least <= edge_f1(EDGES, ImageChops.offset(EDGES, shift_px, 0)) <= most


def test_other_shapes_have_other_edges() -> None:
    assert edge_f1(EDGES, edges_of(render(OTHER, 128, 128))) < 0.5


def test_without_edges_only_an_empty_picture_is_right() -> None:
    blank = Image.new("RGB", (128, 128))
    assert edge_f1(blank, blank) == 1
    assert edge_f1(blank, EDGES) == edge_f1(EDGES, blank) == 0
