"""A small view of a picture in the making."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from services.tiling.blend import Floats, Shares
from services.tiling.layout import Size
from services.tiling.plane import Plane

Bytes = NDArray[np.uint8]


class Overview:
    """Means of blocks of the plane: finished tiles over a base picture; each tile is read once."""

    def __init__(self, shares: Shares, max_px: int, base: Plane) -> None:
        """Shrinks `base`, of any size, to at most `max_px` a side of the shape of the plane."""
        if max_px < 1:
            raise ValueError(f"max_px is {max_px}; it must be at least 1.")
        self._shares, self._max_px, self._base = shares, max_px, base
        self._block = -(-max(shares.size) // max_px)
        width, height = (-(-side // self._block) for side in shares.size)
        self._small_base = _shrink(base, (width, height))
        self._sums = np.zeros((height, width, 4), np.float32)  # RGB times share, and share
        self.shown: set[int] = set()

    def is_of(self, max_px: int, base: Plane) -> bool:
        """Whether it was made for these."""
        return (self._max_px, self._base) == (max_px, base)

    def add(self, index: int, pixels: Bytes) -> None:
        """Shows tile `index` (h, w, 3)."""
        tile, block = self._shares.tiles[index], self._block
        share = self._shares.of(index)[..., None]
        blocks = np.concatenate([share * pixels, share], axis=-1)
        for axis, start, end in ((0, tile.top, tile.bottom), (1, tile.left, tile.right)):
            first = start // block * block
            blocks = np.add.reduceat(blocks, np.maximum(range(first, end, block), start) - start, axis)
        top, left = tile.top // block, tile.left // block
        self._sums[top : top + blocks.shape[0], left : left + blocks.shape[1]] += blocks
        self.shown.add(index)

    def pixels(self) -> Bytes:
        """Returns the view (h, w, 3)."""
        width, height = self._shares.size
        down, across = (np.diff([*range(0, side, self._block), side]) for side in (height, width))
        means = self._sums / np.outer(down, across)[..., None]
        shown = means[..., :3] + (1 - means[..., 3:]) * self._small_base
        return np.rint(shown).clip(0, 255).astype(np.uint8)


def _shrink(plane: Plane, size: Size) -> Floats:
    """Returns means of areas, the nearest pixels where `plane` is the smaller one; holds one row of areas."""
    columns, rows = (np.arange(small) * whole // small for small, whole in zip(size, plane.size, strict=True))
    counts = np.maximum(1, np.diff(columns, append=plane.size[0]))[:, None]
    small = np.empty((size[1], size[0], 3), np.float32)
    for row, (top, after) in enumerate(zip(rows, [*rows[1:], plane.size[1]], strict=True)):
        band = plane.read((0, int(top), plane.size[0], int(max(after, top + 1)))).mean(axis=0)
        # Where columns repeat, reduceat takes the one pixel itself.
        small[row] = np.add.reduceat(band, columns, axis=0) / counts
    return small
