"""A step of all tiles together: overlaps are averaged every time (MultiDiffusion, arXiv 2302.08113)."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_PromptEmbedder

from services.synthesis.regions import Region
from services.tiling.blend import Floats, window
from services.tiling.field import LATENT_PX, to_latents
from services.tiling.layout import Size, Tile, cover
from services.tiling.plan import GRAIN_PX, Stage

_TOKEN = GRAIN_PX // LATENT_PX  # latents in a row of a token
_NEGLIGIBLE = 1e-4  # A share that no pixel shows.


@dataclass(frozen=True, slots=True)
class Piece:
    """A tile in latents, how much it counts (h, w), and its own prompt, encoded, instead of the picture's."""

    tile: Tile
    weight: Floats
    prompt: Mapping[str, torch.Tensor] | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """A region in latents: how far it covers the plane (h, w, 0 to 1), and its prompt, encoded."""

    coverage: Floats
    prompt: Mapping[str, torch.Tensor]


def lay_pieces(stage: Stage, overlap_px: int, grounds: Sequence[Ground], step: int) -> list[Piece]:
    """Returns what step `step` of a stage is put together from.

    Seams lie half a tile further at every other step, so that none stays. Where a region is, only its own
    pieces count, which begin at the region's border: a model paints what is asked for where the tile has it.
    """
    size = _scale(stage.size)
    tile = _scale((stage.tiles[0].width, stage.tiles[0].height))
    overlap = min(overlap_px // LATENT_PX, min(tile) - _TOKEN)
    free = np.ones((size[1], size[0]), np.float32)
    for ground in grounds:
        free *= 1 - ground.coverage
    tiles = cover(size, tile, overlap, shift=_shift(tile, overlap, size, step), grain=_TOKEN)
    pieces = [Piece(each, window(each, size, overlap) * _cut(free, each)) for each in tiles]
    for ground in grounds:
        for each, weight in _anchor(ground.coverage, size, tile, overlap):
            pieces.append(Piece(each, weight * _cut(ground.coverage, each), ground.prompt))
    return [piece for piece in pieces if piece.weight.max() > _NEGLIGIBLE]


def to_ground(
    pipeline: Any, region: Region, prompt: str, target: Size, size: Size, feather_px: int
) -> Ground:
    """Draws a region of a picture of `target` px at `size` px, and encodes its prompt with the picture's."""
    columns, rows = _scale(size)
    drawn = region.stencil.draw(target).astype(np.float32) / 255
    small = cv2.resize(drawn, (columns, rows), interpolation=cv2.INTER_AREA)
    radius = feather_px // LATENT_PX // 2
    soft = cv2.GaussianBlur(small, (2 * radius + 1, 2 * radius + 1), 0) if radius else small
    said = f"{region.prompt}, {prompt}" if prompt.strip() else region.prompt
    # Soft towards the inside alone: beyond its border a region says nothing.
    return Ground((soft * (small > 0)).astype(np.float32), encode_prompt(pipeline, said))


def encode_prompt(pipeline: Any, prompt: str) -> Mapping[str, torch.Tensor]:
    """Returns what the pipeline's own unit makes of a prompt."""
    unit = next(unit for unit in pipeline.units if isinstance(unit, QwenImageUnit_PromptEmbedder))
    pipeline.load_models_to_device(unit.onload_model_names)
    return unit.process(pipeline, prompt=prompt, edit_image=None)


def _anchor(coverage: Floats, size: Size, tile: Size, overlap: int) -> list[tuple[Tile, Floats]]:
    """Returns tiles over the box of a region, inside the plane, and how much each counts beside the others.

    A region smaller than a tile lies in the middle of one.
    """
    y, x = np.nonzero(coverage)
    starts, lengths = list[int](), list[int]()
    for axis, found in enumerate((x, y)):
        first, last = int(found.min()), int(found.max()) + 1
        length = max(tile[axis], -(-(last - first) // _TOKEN) * _TOKEN)
        middle = (first + last - length) // 2 // _TOKEN * _TOKEN
        starts.append(min(max(0, middle), size[axis] - length))
        lengths.append(length)
    box = lengths[0], lengths[1]
    return [
        (Tile(each.left + starts[0], each.top + starts[1], *tile), window(each, box, overlap))
        for each in cover(box, tile, overlap, grain=_TOKEN)
    ]


def _shift(tile: Size, overlap: int, size: Size, step: int) -> Size:
    if step % 2 == 0:
        return 0, 0
    across, down = (
        0 if plane == side else (side - overlap) // 2 // _TOKEN * _TOKEN
        for side, plane in zip(tile, size, strict=True)
    )
    return across, down


def _cut(plane: Floats, tile: Tile) -> Floats:
    return plane[tile.top : tile.bottom, tile.left : tile.right]


def _scale(size: Size) -> Size:
    whole = to_latents(Tile(0, 0, *size))
    return whole.width, whole.height
