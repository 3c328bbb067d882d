"""Pictures in tiles, in memory and on disk."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.tiling.canvas import Canvas
from services.tiling.layout import Size, Tile, cover
from services.tiling.plane import Plane

Bytes = NDArray[np.uint8]

SIZE, TILE, OVERLAP = (150, 110), (64, 48), 16
TILES = cover(SIZE, TILE, OVERLAP)


def noise(width: int, height: int, seed: int = 0) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def painted(tiles: Iterable[Tile] = TILES) -> list[Bytes]:
    """Tiles that agree nowhere."""
    return [noise(tile.width, tile.height, seed) for seed, tile in enumerate(tiles)]


def open_canvas(folder: Path, fingerprint: str = "a cat", *, size: Size = SIZE, tile: Size = TILE) -> Canvas:
    return Canvas.open(folder, size, cover(size, tile, OVERLAP), OVERLAP, fingerprint)


def fill(canvas: Canvas, order: Iterable[int] | None = None) -> Canvas:
    pixels = painted(canvas.tiles)
    for index in range(len(canvas.tiles)) if order is None else order:
        canvas.put(index, pixels[index])
    return canvas


def whole(plane: Plane) -> Bytes:
    return plane.read((0, 0, *plane.size))


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs `script` in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
