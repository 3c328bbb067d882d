from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from limner.image.v1.image_pb2 import Mask
from services.rpc.errors import InvalidFields
from services.synthesis.stencil import Stencil, spread, to_stencil
from tests.edit.drawing import box, mask, message

SIZE = (64, 48)


def stencil(found: Mask) -> Stencil:
    made = to_stencil(found, "mask")
    assert isinstance(made, Stencil), made
    return made


def test_a_box_covers_its_pixels_and_no_others() -> None:
    coverage = stencil(box(8, 4, 20, 10)).draw(SIZE)
    assert coverage.shape == (48, 64)
    assert coverage[4:10, 8:20].min() == 255
    assert coverage.sum() == 255 * 6 * 12


def test_white_is_inside_and_grey_between() -> None:
    image = mask(SIZE, (0, 0, 10, 10))
    image.putpixel((30, 30), 100)
    coverage = stencil(Mask(image=message(image))).draw(SIZE)
    assert (coverage[5, 5], coverage[30, 30], coverage[40, 40]) == (255, 100, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_mask_of_any_mode_is_read(mode: str) -> None:
    grey = mask(SIZE, (0, 0, 10, 10))
    image = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    )
    coverage = stencil(Mask(image=message(image))).draw(SIZE)
    assert (coverage[5, 5], coverage[40, 40]) == (255, 0)


def test_what_is_transparent_is_outside() -> None:
    image = Image.new("RGBA", SIZE, (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (0, 0, 10, 10))
    coverage = stencil(Mask(image=message(image))).draw(SIZE)
    assert (coverage[5, 5], coverage[40, 40]) == (255, 0)


def test_growing_and_shrinking_move_the_edge() -> None:
    grown = stencil(box(20, 20, 30, 30, grow_px=4)).draw(SIZE)
    assert (grown[25, 17], grown[25, 15]) == (255, 0)
    shrunk = stencil(box(20, 20, 30, 30, grow_px=-4)).draw(SIZE)
    assert (shrunk[25, 25], shrunk[25, 22]) == (255, 0)


def test_feathering_softens_the_edge_and_ends() -> None:
    soft = stencil(box(20, 10, 40, 40, feather_px=4)).draw(SIZE)
    assert soft[25, 30] == 255
    assert 0 < soft[25, 20] < 255
    assert soft[25, 15] == 0


def test_an_empty_mask_says_what_to_do() -> None:
    with pytest.raises(InvalidFields, match="Paint white where the picture shall change"):
        stencil(Mask(image=message(mask(SIZE, None)))).draw(SIZE)


def test_a_mask_that_shrinks_to_nothing_is_empty() -> None:
    with pytest.raises(InvalidFields, match="empty"):
        stencil(box(20, 20, 24, 24, grow_px=-10)).draw(SIZE)


def test_a_model_repaints_every_cell_that_is_touched() -> None:
    coverage = np.zeros((64, 64), np.uint8)
    coverage[15, 31] = 1
    cells = spread(coverage, (64, 64), 16)
    assert cells[0:16, 16:32].min() == 255
    assert cells.sum() == 255 * 16 * 16


def test_cells_are_those_of_the_size_at_which_the_model_works() -> None:
    coverage = np.zeros((200, 300), np.uint8)
    coverage[100:, 150:] = 255
    cells = spread(coverage, (160, 112), 16)
    assert cells.shape == (112, 160)
    assert (cells[111, 159], cells[0, 0]) == (255, 0)
