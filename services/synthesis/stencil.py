"""Where an operation applies: white is inside, black outside, values between blend."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from limner.failure import Violation
from limner.image.v1 import image_pb2
from services.rpc.errors import InvalidFields
from services.synthesis.geometry import Size
from services.synthesis.pictures import Picture, decode, look_at

FEATHER_MAX_PX = GROW_MAX_PX = 256
Coverage = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Stencil:
    """A mask before it is drawn: a greyscale picture or a rectangle (left, top, right, bottom) in px."""

    field: str
    shape: Picture | tuple[int, int, int, int]
    feather_px: int
    grow_px: int

    def draw(self, size_px: Size) -> Coverage:
        """Returns how much of each pixel is inside (h, w), 0 to 255; raises InvalidFields if nothing is."""
        coverage = _fill(self.shape, size_px) if isinstance(self.shape, tuple) else _read(self.shape, size_px)
        coverage = _feather(_grow(coverage, self.grow_px), self.feather_px)
        if not coverage.any():
            text = (
                f"{self.field} is empty: nothing in it is white. Paint white where the picture shall change."
            )
            raise InvalidFields([Violation(self.field, text)])
        return coverage


def to_stencil(mask: image_pb2.Mask, field: str) -> Stencil | Violation:
    """Checks a mask as far as it can be without decoding it."""
    for name, value, low, high in (
        ("feather_px", mask.feather_px, 0, FEATHER_MAX_PX),
        ("grow_px", mask.grow_px, -GROW_MAX_PX, GROW_MAX_PX),
    ):
        if not low <= value <= high:
            return Violation(f"{field}.{name}", f"{field}.{name} is {value}; use {low} to {high}.")
    if mask.WhichOneof("shape") == "box":
        box = (mask.box.left, mask.box.top, mask.box.right, mask.box.bottom)
        if not (0 <= box[0] < box[2] and 0 <= box[1] < box[3]):
            text = f"{field}.box is {box} (left, top, right, bottom); right and bottom must be larger."
            return Violation(f"{field}.box", text)
        return Stencil(field, box, mask.feather_px, mask.grow_px)
    seen = look_at(mask.image, f"{field}.image")
    return seen if isinstance(seen, Violation) else Stencil(field, seen, mask.feather_px, mask.grow_px)


def spread(coverage: Coverage, size_px: Size, cell_px: int) -> Coverage:
    """Returns (h, w) at `size_px`, 255 in every cell of a grid that touches what is covered, else 0.

    A model repaints whole cells; what it paints beyond the mask is thrown away in the end.
    """
    columns, rows = size_px[0] // cell_px, size_px[1] // cell_px
    touched = np.zeros((rows, columns), np.uint8)
    y, x = np.nonzero(coverage)
    height, width = coverage.shape
    touched[y * rows // height, x * columns // width] = 255
    return touched.repeat(cell_px, axis=0).repeat(cell_px, axis=1)


def _fill(box: tuple[int, int, int, int], size_px: Size) -> Coverage:
    coverage = np.zeros((size_px[1], size_px[0]), np.uint8)
    coverage[box[1] : box[3], box[0] : box[2]] = 255
    return coverage


def _read(picture: Picture, size_px: Size) -> Coverage:
    grey = _to_grey(decode(picture))
    if grey.size != size_px:
        grey = grey.resize(size_px, Image.Resampling.BILINEAR)
    return np.asarray(grey)


def _to_grey(image: Image.Image) -> Image.Image:
    """Returns greyscale; what is transparent in a mask is outside."""
    if image.mode != "RGBA":
        return image.convert("L")
    ground = Image.new("RGBA", image.size, "black")
    return Image.alpha_composite(ground, image).convert("L")


def _grow(coverage: Coverage, grow_px: int) -> Coverage:
    if grow_px == 0:
        return coverage
    side_px = 2 * abs(grow_px) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side_px, side_px))
    change = cv2.dilate if grow_px > 0 else cv2.erode
    return change(coverage, disc).astype(np.uint8)


def _feather(coverage: Coverage, feather_px: int) -> Coverage:
    if feather_px == 0:
        return coverage
    side_px = 2 * feather_px + 1
    return cv2.GaussianBlur(coverage, (side_px, side_px), feather_px / 2).astype(np.uint8)
