from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from services.edit.composition import paste, widen
from services.synthesis.geometry import Margins
from tests.edit.drawing import pixels, scene

MARGIN = st.integers(0, 5).map(lambda sixteenths: sixteenths * 16)


@given(st.integers(0, 2**32 - 1))
def test_outside_the_mask_nothing_changes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, painted = (Image.fromarray(rng.integers(0, 256, (24, 40, 3), np.uint8), "RGB") for _ in range(2))
    coverage = rng.integers(0, 256, (24, 40), np.uint8) * rng.integers(0, 2, (24, 40), np.uint8)
    after = pixels(paste(painted, before, coverage))
    assert (after[coverage == 0] == pixels(before)[coverage == 0]).all()
    assert (after[coverage == 255] == pixels(painted)[coverage == 255]).all()


def test_what_was_painted_smaller_is_brought_to_the_size_of_the_original() -> None:
    before, painted = scene(size=(300, 200)), Image.new("RGB", (150, 100), "green")
    coverage = np.zeros((200, 300), np.uint8)
    coverage[:, 150:] = 255
    after = pixels(paste(painted, before, coverage))
    assert (after[:, :150] == pixels(before)[:, :150]).all()
    assert (after[:, 150:] == (0, 128, 0)).all()


@given(MARGIN, MARGIN, MARGIN, MARGIN)
def test_a_widened_picture_keeps_its_pixels_and_covers_only_the_margins(
    left: int, top: int, right: int, bottom: int
) -> None:
    before = scene(size=(48, 32))
    wide, coverage = widen(before, Margins(left, top, right, bottom))
    assert wide.size == (48 + left + right, 32 + top + bottom)
    inner = np.s_[top : top + 32, left : left + 48]
    assert (pixels(wide)[inner] == pixels(before)).all()
    assert coverage[inner].max(initial=0) == 0
    assert (coverage == 255).sum() == coverage.size - 48 * 32
