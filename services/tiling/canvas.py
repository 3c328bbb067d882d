"""A picture that is made tile by tile and may be larger than memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.tiling.blend import Shares
from services.tiling.encoding import encode
from services.tiling.files import PART
from services.tiling.layout import Size, Tile
from services.tiling.overview import Overview
from services.tiling.plane import Box, Plane, bands, check_box, enlarge
from services.tiling.tile_files import TileFiles

Bytes = NDArray[np.uint8]


class Unfinished(Exception):
    """Tiles are missing where pixels were asked for."""


class Canvas:
    """Tiles in a folder, blended when read: the same pixels in whichever order the tiles came.

    One process at a time. What `put` has taken outlives the process and the machine.
    """

    def __init__(self, folder: Path, shares: Shares, key: bytes) -> None:
        """Use `open`."""
        self.size, self.tiles = shares.size, shares.tiles
        self._folder, self._shares = folder, shares
        self._files = TileFiles(folder, shares.tiles, key)
        self._name = key.hex()[:16]
        self._finished = self._files.find()
        self._overview: Overview | None = None

    @classmethod
    def open(cls, folder: Path, size: Size, tiles: Sequence[Tile], overlap: int, fingerprint: str) -> Canvas:
        """Goes on with what `folder` holds of this very picture; deletes half and foreign pictures in it.

        `fingerprint` must tell everything on which the pixels depend. Creates the folder; raises OSError,
        and ValueError for tiles that are no cover of `size`.
        """
        shares = Shares(tiles, size, overlap)
        told = [size, [astuple(tile) for tile in tiles], overlap, fingerprint]
        folder.mkdir(parents=True, exist_ok=True)
        canvas = cls(folder, shares, hashlib.sha256(json.dumps(told).encode()).digest())
        canvas._sweep()
        return canvas

    def finished(self) -> frozenset[int]:
        """Returns the indices of the tiles that are done."""
        return frozenset(self._finished)

    def put(self, index: int, pixels: Bytes) -> None:
        """Keeps tile `index` (h, w, 3); raises OSError when the disk is full, and what was kept remains."""
        if not 0 <= index < len(self.tiles):
            raise ValueError(f"index is {index}; it must be in [0, {len(self.tiles)}).")
        shape = (self.tiles[index].height, self.tiles[index].width, 3)
        if pixels.shape != shape or pixels.dtype != np.uint8:
            raise ValueError(f"pixels are {pixels.dtype} {pixels.shape}; tile {index} must be uint8 {shape}.")
        self._files.write(index, pixels)
        self._finished.add(index)

    def read(self, box: Box) -> Bytes:
        """Returns the blended pixels in `box` (h, w, 3); raises Unfinished while tiles in it are missing."""
        left, top, right, bottom = check_box(box, self.size)
        total = np.zeros((bottom - top, right - left, 3), np.float32)
        # In the order of the tiles, whatever the window: that makes the sums the same to the bit.
        for index in self._needed(box):
            x0, y0, x1, y1 = inside = _intersect(self.tiles[index].box, box)
            tile = self.tiles[index]
            rows = self._files.read(index, y0 - tile.top, y1 - tile.top)
            part = self._shares.inside(index, inside)[..., None] * rows[:, x0 - tile.left : x1 - tile.left]
            total[y0 - top : y1 - top, x0 - left : x1 - left] += part
        return np.rint(total).clip(0, 255).astype(np.uint8)

    def assemble(self) -> Plane:
        """Returns the whole picture, written in bands unless it is there; raises Unfinished and OSError."""
        plane = Plane(self._path("picture"), self.size)
        self._needed((0, 0, *self.size))
        return plane if plane.is_whole else Plane.write(plane.path, self.size, self._bands())

    def enlarge(self, size: Size) -> Plane:
        """Returns the whole picture scaled by Lanczos, in a file of this folder; raises as `assemble`."""
        plane = Plane(self._path(f"enlarged-{size[0]}x{size[1]}"), size)
        return plane if plane.is_whole else enlarge(self.assemble(), size, plane.path)

    def encode(self, path: Path, format: str, metadata: Mapping[str, str]) -> None:
        """Writes the whole picture as a png, jpeg or webp that tells `metadata`; raises as `assemble`."""
        encode(self.assemble(), path, format, metadata)

    def thumbnail(self, max_px: int, base: Plane) -> Bytes:
        """Returns what is finished so far, at most `max_px` a side, with `base` where nothing is yet."""
        if self._overview is None or not self._overview.is_of(max_px, base):
            self._overview = Overview(self._shares, max_px, base)
        for index in sorted(self._finished - self._overview.shown):
            self._overview.add(index, self._files.read(index, 0, self.tiles[index].height))
        return self._overview.pixels()

    def _bands(self) -> Iterator[Bytes]:
        for top, bottom in bands(self.size[1]):
            yield self.read((0, top, self.size[0], bottom))

    def _needed(self, box: Box) -> list[int]:
        """Returns the tiles in `box` in order; raises Unfinished."""
        needed = [index for index, tile in enumerate(self.tiles) if _meet(tile.box, box)]
        missing = [index for index in needed if index not in self._finished]
        if missing:
            raise Unfinished(
                f"{len(missing)} of {len(needed)} tiles in {box} are missing; put tile {missing[0]} first."
            )
        return needed

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{self._name}.rgb"

    def _sweep(self) -> None:
        """Deletes what this picture cannot use."""
        tiles = {self._files.path(index) for index in self._finished}
        for path in [*self._folder.glob("*.rgb"), *self._folder.glob(f"*{PART}")]:
            if path not in tiles and not path.name.endswith(f"-{self._name}.rgb"):
                path.unlink()


def _meet(one: Box, other: Box) -> bool:
    left, top, right, bottom = _intersect(one, other)
    return left < right and top < bottom


def _intersect(one: Box, other: Box) -> Box:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
