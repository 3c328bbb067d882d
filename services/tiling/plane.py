"""Whole pictures on disk, larger than memory: raw RGB, written from the top and read window by window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.tiling.files import publish
from services.tiling.layout import Size

Bytes = NDArray[np.uint8]
Box = tuple[int, int, int, int]  # left, top, right, bottom

BAND_ROWS = 128  # of a picture in memory: 6 MiB of RGB at a width of 16384
_CHANNELS = 3
_LANCZOS_ROWS = 3  # Its kernel reaches so far above and below; further when shrinking.


@dataclass(frozen=True, slots=True)
class Plane:
    """A file of `size` RGB pixels without a header."""

    path: Path
    size: Size

    @classmethod
    def write(cls, path: Path, size: Size, bands: Iterable[Bytes]) -> Plane:
        """Writes `bands` (rows, width, 3) one below the other; the file is seen when all are there.

        Raises OSError when the disk is full, ValueError when the bands are not `size`.
        """
        with publish(path) as file:
            for band in bands:
                file.write(np.ascontiguousarray(band).data)
            expected_bytes = size[0] * size[1] * _CHANNELS
            if file.tell() != expected_bytes:
                raise ValueError(
                    f"bands hold {file.tell()} bytes; a picture of {size[0]}×{size[1]} has {expected_bytes}."
                )
        return cls(path, size)

    @property
    def is_whole(self) -> bool:
        """Whether the file is there with all its bytes."""
        expected_bytes = self.size[0] * self.size[1] * _CHANNELS
        return self.path.is_file() and self.path.stat().st_size == expected_bytes

    def read(self, box: Box) -> Bytes:
        """Returns a copy of the pixels in `box` (h, w, 3); raises ValueError for one outside."""
        left, top, right, bottom = check_box(box, self.size)
        # Mapped anew each time: pages that were read would otherwise count as this process's memory.
        pixels = np.memmap(self.path, np.uint8, "r", shape=(self.size[1], self.size[0], _CHANNELS))
        return np.array(pixels[top:bottom, left:right])


def enlarge(plane: Plane, size: Size, path: Path) -> Plane:
    """Returns `plane` scaled to `size` by Lanczos; holds a band of either in memory. Raises OSError."""
    return Plane.write(path, size, _scaled_bands(plane, size))


def bands(height: int) -> Iterator[tuple[int, int]]:
    """Yields the first row of each band, and the first after it."""
    for top in range(0, height, BAND_ROWS):
        yield top, min(top + BAND_ROWS, height)


def check_box(box: Box, size: Size) -> Box:
    """Returns `box`; raises ValueError unless it lies inside `size` and holds a pixel."""
    left, top, right, bottom = box
    if not (0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]):
        raise ValueError(f"box is {box}; it must lie inside 0, 0, {size[0]}, {size[1]} and not be empty.")
    return box


def _scaled_bands(plane: Plane, size: Size) -> Iterator[Bytes]:
    # Not by libvips, which enlarges by bicubic whichever kernel it is asked for (8.18, vips_resize).
    width, height = plane.size
    scale = height / size[1]
    reach = ceil(_LANCZOS_ROWS * max(scale, 1)) + 1
    for top, bottom in bands(size[1]):
        first, last = max(0, floor(top * scale) - reach), min(height, ceil(bottom * scale) + reach)
        source = Image.fromarray(plane.read((0, first, width, last)))
        # First across, then down: in one call Pillow would choose by the band's shape, and round differently.
        wide = source.resize((size[0], last - first), Image.Resampling.LANCZOS)
        box = (0, top * scale - first, size[0], min(bottom * scale, height) - first)
        yield np.asarray(wide.resize((size[0], bottom - top), Image.Resampling.LANCZOS, box))
