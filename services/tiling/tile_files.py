"""Finished tiles on disk: one lossless file each, which proves to be whole and to belong to this picture.

A file is a header (magic, key, index, width, height, CRC-32 of the pixels; little-endian) and raw RGB. Raw,
as a picture is written out in bands of rows, and a band of a tile is then read without the rest of it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.tiling.files import publish
from services.tiling.layout import Tile

Bytes = NDArray[np.uint8]

_MAGIC = b"LMTILE01"
_HEADER = struct.Struct("<8s32s4I")
_CHANNELS = 3


class TileFiles:
    """The tiles of one picture; `key` (32 bytes) tells it from all others."""

    PATTERN = "tile-*.rgb"

    def __init__(self, folder: Path, tiles: Sequence[Tile], key: bytes) -> None:
        self._folder, self._tiles, self._key = folder, tiles, key

    def find(self) -> set[int]:
        """Returns the indices of whole tiles of this picture; reads all there is."""
        return {index for index in range(len(self._tiles)) if self._is_whole(index)}

    def path(self, index: int) -> Path:
        """Returns where tile `index` is or will be."""
        return self._folder / f"tile-{index:06}.rgb"

    def write(self, index: int, pixels: Bytes) -> None:
        """Stores tile `index` (h, w, 3) so that the machine's sudden end does not lose it; raises OSError."""
        data = np.ascontiguousarray(pixels).data
        with publish(self.path(index)) as file:
            file.write(self._header(index, zlib.crc32(data)))
            file.write(data)

    def read(self, index: int, top: int, bottom: int) -> Bytes:
        """Returns rows `top` to `bottom` of tile `index`, counted in the tile."""
        tile = self._tiles[index]
        row_bytes = tile.width * _CHANNELS
        with self.path(index).open("rb", buffering=0) as file:
            file.seek(_HEADER.size + top * row_bytes)
            rows = np.fromfile(file, np.uint8, (bottom - top) * row_bytes)
        return rows.reshape(bottom - top, tile.width, _CHANNELS)

    def _is_whole(self, index: int) -> bool:
        try:
            data = self.path(index).read_bytes()
        except FileNotFoundError:
            return False
        tile = self._tiles[index]
        pixels = memoryview(data)[_HEADER.size :]
        return len(pixels) == tile.width * tile.height * _CHANNELS and data[: _HEADER.size] == self._header(
            index, zlib.crc32(pixels)
        )

    def _header(self, index: int, checksum: int) -> bytes:
        tile = self._tiles[index]
        return _HEADER.pack(_MAGIC, self._key, index, tile.width, tile.height, checksum)
