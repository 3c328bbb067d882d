"""All tiles denoised together: overlaps are averaged at every step (MultiDiffusion, arXiv 2302.08113)."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_PromptEmbedder

from services.synthesis.denoising import SteppedPipeline
from services.synthesis.regions import Region
from services.tiling.blend import Floats, window
from services.tiling.field import LATENT_PX, crop, to_latents
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


class TiledPipeline(SteppedPipeline):
    """DiffSynth's pipeline; with pieces, every step is taken piece by piece and put together again."""

    pieces_at: Callable[[int], Sequence[Piece]] | None = None
    before_piece: Callable[[], None] | None = None

    def cfg_guided_model_fn(
        self, model_fn: Any, cfg_scale: float, *inputs: Any, progress_id: int, **others: Any
    ) -> Any:
        """Returns the velocity of the plane; that of one piece is the library's own, to the bit."""
        ask = super().cfg_guided_model_fn
        if self.pieces_at is None:
            return ask(model_fn, cfg_scale, *inputs, progress_id=progress_id, **others)
        shared, positive, negative = inputs
        pieces = self.pieces_at(progress_id + self.seam.skip)
        if len(pieces) == 1 and pieces[0].prompt is None:
            return ask(model_fn, cfg_scale, *inputs, progress_id=progress_id, **others)
        latents: torch.Tensor = shared["latents"]
        total = torch.zeros_like(latents, dtype=torch.float32)
        weights = torch.zeros(latents.shape[-2:], dtype=torch.float32, device=latents.device)
        for piece in pieces:
            if self.before_piece is not None:
                self.before_piece()
            tile, weight = piece.tile, torch.from_numpy(piece.weight).to(latents.device)
            seen = shared | {
                "latents": crop(latents, tile),
                "width": tile.width * LATENT_PX,
                "height": tile.height * LATENT_PX,
            }
            said = positive | dict(piece.prompt or {})
            velocity = ask(model_fn, cfg_scale, seen, said, negative, progress_id=progress_id, **others)
            crop(total, tile).add_(weight * velocity.float())
            crop(weights, tile).add_(weight)
        return (total / weights).to(latents.dtype)


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
