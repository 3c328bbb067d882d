"""The energy of gradients at the borders of tiles, beside that of the same content inside a tile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.tiling.layout import Tile

Floats = NDArray[np.float64]

_RIM_PX, _CLEAR_PX, _THIN_PX = 16, 12, 5
_APART = 40  # of 255


@dataclass(frozen=True, slots=True)
class Energies:
    """Mean energy of the pixels on borders, and of the same content elsewhere."""

    border: float
    elsewhere: float

    @property
    def ratio(self) -> float:
        """How visible borders are; 1 is not at all."""
        return self.border / self.elsewhere


def borders(tiles: Sequence[Tile], length: int) -> list[int]:
    """Returns the columns at whose left a tile begins or ends, inside the plane."""
    return sorted({edge for tile in tiles for edge in (tile.left, tile.right)} - {0, length})


class Sums:
    """Energies summed over many pictures."""

    def __init__(self, edges: Sequence[int], reach: int, shift: int) -> None:
        """Takes a band of `reach` lines to both sides of each edge; `other` shows what is `shift` further."""
        self._edges, self._reach, self._shift = edges, reach, shift
        self._border = self._elsewhere = self._px = 0.0

    def add(self, one: Floats, other: Floats, weight: Floats) -> None:
        """Adds the vertical borders of a pair; `weight` (h, w) says which pixels of `one` count."""
        for edge in self._edges:
            for offset in range(-self._reach, self._reach + 1):
                self._add_line(one, other, weight, edge + offset, is_of_one=True)
                self._add_line(one, other, weight, edge + offset + self._shift, is_of_one=False)

    def _add_line(self, one: Floats, other: Floats, weight: Floats, column: int, is_of_one: bool) -> None:
        """Adds a line at a border of one of the two; `column` counts in `one`."""
        if not self._shift < column < one.shape[1]:
            return  # Seen in one picture only.
        first = _energy(one, column)[self._shift :], _energy(other, column - self._shift)[: -self._shift]
        border, elsewhere = first if is_of_one else first[::-1]
        counts = weight[self._shift :, column]
        self._border += float((border * counts).sum())
        self._elsewhere += float((elsewhere * counts).sum())
        self._px += float(counts.sum())

    def energies(self) -> Energies:
        """Returns the means."""
        return Energies(self._border / self._px, self._elsewhere / self._px)


def _energy(picture: Floats, column: int) -> Floats:
    return ((picture[:, column] - picture[:, column - 1]) ** 2).mean(axis=-1)


def compare_overlaps(pictures: Sequence[Floats], tiles: Sequence[Tile]) -> Energies:
    """Returns the energy of columns where tiles overlap, as `border`, beside that of one tile alone.

    On even ground only: where nothing but the ground's own colour, which most pixels have, is near.
    """
    width = pictures[0].shape[1]
    covered = np.zeros(width, int)
    for left, right in {(tile.left, tile.right) for tile in tiles}:
        covered[left:right] += 1
    inside = np.zeros(width, bool)
    inside[_RIM_PX:-_RIM_PX] = True  # The rim of every picture that is decoded is a little off.
    energy, counts = np.zeros(width), np.zeros(width)
    for picture in pictures:
        ground = find_ground(picture)
        energy[1:] += (((picture[:, 1:] - picture[:, :-1]) ** 2).mean(axis=-1) * ground[:, 1:]).sum(axis=0)
        counts += ground.sum(axis=0)
    several, alone = inside & (covered > 1), inside & (covered == 1)
    means = (float(energy[where].sum() / counts[where].sum()) for where in (several, alone))
    return Energies(*means)


def find_ground(picture: Floats) -> Floats:
    """Returns 1 where no shape is near, else 0; thin lines and specks are no shapes."""
    apart = np.abs(picture - np.median(picture, axis=(0, 1))).max(axis=-1) > _APART
    shapes = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_THIN_PX, _THIN_PX), np.uint8))
    near = cv2.dilate(shapes, np.ones((2 * _CLEAR_PX + 1, 2 * _CLEAR_PX + 1), np.uint8))
    ground = 1.0 - near
    ground[:_RIM_PX], ground[-_RIM_PX:] = 0, 0
    return ground
