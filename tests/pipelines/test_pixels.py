import io

import numpy as np
from PIL import Image

from services.pipelines.pixels import describe_parameters, encode_png, encode_preview


def test_a_png_keeps_its_pixels_and_says_how_it_was_made() -> None:
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (16, 32, 3), np.uint8))
    read = Image.open(io.BytesIO(encode_png(picture, {"parameters": "a red circle – rot", "limner": "{}"})))
    assert np.array_equal(np.asarray(read), np.asarray(picture))
    assert read.info["parameters"] == "a red circle – rot"
    assert read.info["limner"] == "{}"


def test_a_preview_has_the_shape_of_the_picture_and_at_most_512_pixels_a_side() -> None:
    data, width, height = encode_preview(np.full((16, 32, 3), 0.5, np.float32))
    assert (width, height) == Image.open(io.BytesIO(data)).size == (256, 128)
    _, width, height = encode_preview(np.zeros((256, 128, 3), np.float32))
    assert (width, height) == (256, 512)


def test_parameters_follow_the_syntax_that_other_tools_read() -> None:
    text = describe_parameters("a cat", "blurry", {"Steps": 20, "Seed": 7})
    assert text == "a cat\nNegative prompt: blurry\nSteps: 20, Seed: 7"
    assert "Negative" not in describe_parameters("a cat", " ", {"Steps": 20})
