"""How overlapping tiles become one picture: weights, and the colours of refined tiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.tiling.layout import Size, Tile

Floats = NDArray[np.float32]

# Along the shorter side: colours are compared in cells larger than any detail, smaller than a drift.
_CELLS = 8
# More than a drift of colours, less than what a tile with another content would need.
_LARGEST_CORRECTION = 0.25


def window(tile: Tile, size: Size, overlap: int) -> Floats:
    """Returns how much each pixel of `tile` (h, w) counts beside those of its neighbours.

    A raised cosine `overlap` long leads to nearly zero at edges inside the plane; at the plane's own border
    it stays one. Positive everywhere.
    """
    across = _ramps(tile.left, tile.width, size[0], overlap)
    down = _ramps(tile.top, tile.height, size[1], overlap)
    return np.outer(down, across).astype(np.float32)


class Shares:
    """What each tile of a cover contributes to every pixel; at each pixel all shares sum to one.

    The plane is the sum of share × tile. Floats depend on the order of a sum, so add in the order of `tiles`,
    whatever the order in which they were finished: the result is then the same to the bit.
    """

    def __init__(self, tiles: Sequence[Tile], size: Size, overlap: int) -> None:
        """Takes a cover as `layout.cover` gives it, a whole grid; raises ValueError for anything else."""
        self.tiles, self.size = tuple(tiles), size
        columns = {tile.left: tile.width for tile in tiles}
        rows = {tile.top: tile.height for tile in tiles}
        grid = tuple(Tile(x, y, w, h) for y, h in sorted(rows.items()) for x, w in sorted(columns.items()))
        if grid != self.tiles:
            raise ValueError(
                f"tiles are {len(self.tiles)}, but not a grid in order; take them from layout.cover."
            )
        # Windows are separable and tiles form a grid, so that the sums are separable, too.
        self._across = _normalise("width", columns, size[0], overlap)
        self._down = _normalise("height", rows, size[1], overlap)

    def of(self, index: int) -> Floats:
        """Returns the share (h, w) of tile `index`, each in (0, 1]."""
        return self.inside(index, self.tiles[index].box)

    def inside(self, index: int, box: tuple[int, int, int, int]) -> Floats:
        """Returns the share of tile `index` in a part of it; `box` counts in the plane."""
        tile = self.tiles[index]
        left, top, right, bottom = box
        down = self._down[tile.top][top - tile.top : bottom - tile.top]
        across = self._across[tile.left][left - tile.left : right - tile.left]
        return np.outer(down, across).astype(np.float32)


def match_colour(tile: Floats, reference: Floats) -> Floats:
    """Returns `tile` with the low frequencies of `reference`, both (h, w, 3) in [0, 1].

    It adds the blurred difference. Matching means and deviations instead leaves drifts across the tile, takes
    back the contrast of the detail that was added, and blows up the noise of flat tiles.
    """
    if tile.shape != reference.shape:
        raise ValueError(f"tile is {tile.shape}; it must have the shape of its reference, {reference.shape}.")
    drift = _blur(reference - tile).clip(-_LARGEST_CORRECTION, _LARGEST_CORRECTION)
    return (tile + drift).clip(0, 1)


def _ramps(start: int, length: int, plane: int, overlap: int) -> NDArray[np.float64]:
    """Returns the window along one direction."""
    weights = np.ones(length)
    # Half a sample off zero: positive, and together with the neighbour's, one.
    ramp = np.sin((np.arange(min(overlap, length)) + 0.5) * (np.pi / 2 / max(overlap, 1))) ** 2
    if start > 0:
        weights[: ramp.size] *= ramp
    if start + length < plane:
        weights[length - ramp.size :] *= ramp[::-1]
    return weights


def _normalise(name: str, spans: dict[int, int], plane: int, overlap: int) -> dict[int, NDArray[np.float64]]:
    """Returns for each start the shares along one direction."""
    windows = {start: _ramps(start, length, plane, overlap) for start, length in sorted(spans.items())}
    total = np.zeros(plane)
    for start, weights in windows.items():
        total[start : start + weights.size] += weights
    if not total.all():
        raise ValueError(f"tiles leave a gap in the {name} of {plane}; take them from layout.cover.")
    return {start: weights / total[start : start + weights.size] for start, weights in windows.items()}


def _blur(pixels: Floats) -> Floats:
    """Returns the low frequencies of (h, w, 3): means of cells, smoothly joined."""
    height, width = pixels.shape[:2]
    cell = max(1, min(height, width) // _CELLS)
    coarse = (-(-width // cell), -(-height // cell))
    channels = (Image.fromarray(pixels[..., channel]) for channel in range(pixels.shape[2]))
    return np.stack(
        [
            np.asarray(
                channel.resize(coarse, Image.Resampling.HAMMING).resize(
                    (width, height), Image.Resampling.BICUBIC
                )
            )
            for channel in channels
        ],
        axis=-1,
    )
