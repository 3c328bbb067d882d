from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from services.rpc.errors import FeatureDisabled, InvalidFields
from services.synthesis.preprocessing import preprocess
from tests.edit.drawing import pixels, scene


def test_canny_draws_the_outlines_in_white_on_black() -> None:
    edges = pixels(preprocess("canny", scene(), {}))
    assert edges.shape == (128, 128, 3)
    assert set(np.unique(edges)) == {0, 255}
    # The circle's outline crosses the row through its centre twice, the square's likewise.
    assert 4 <= (edges[64, :, 0] > 0).sum() <= 10


def test_colours_of_the_same_brightness_have_an_edge_between_them() -> None:
    # Rec. 601 luma of both is 76.
    stripes = Image.new("RGB", (32, 16), (255, 0, 0))
    stripes.paste((0, 129, 0), (16, 0, 32, 16))
    assert pixels(preprocess("canny", stripes, {})).any()


def test_higher_thresholds_pass_over_soft_edges() -> None:
    soft = Image.new("RGB", (32, 16), (100, 100, 100))
    soft.paste((130, 130, 130), (16, 0, 32, 16))
    found = [pixels(preprocess("canny", soft, {"low": low, "high": low})).any() for low in (50, 255)]
    assert found == [True, False]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"low": -1.0}, "parameters.low is -1"),
        ({"high": 256.0}, "parameters.high is 256"),
        ({"low": float("nan")}, "use 0 to 255"),
        ({"low": 201.0}, "above high"),
        ({"size": 3.0}, "takes low and high"),
    ],
)
def test_wrong_parameters_are_named(parameters: dict[str, float], says: str) -> None:
    with pytest.raises(InvalidFields, match=says):
        preprocess("canny", scene(), parameters)


def test_a_kind_without_weights_says_so() -> None:
    with pytest.raises(FeatureDisabled, match="no weights for the preprocessor 'depth'"):
        preprocess("depth", scene(), {})


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(InvalidFields, match="known: canny, depth"):
        preprocess("kanny", scene(), {})
