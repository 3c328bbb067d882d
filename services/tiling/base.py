"""The picture that everything larger is made of: all its tiles denoised together, then decoded one by one."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from services.synthesis.denoising import OnStep
from services.tiling.field import crop, to_latents
from services.tiling.job import Job
from services.tiling.joint import Ground, lay_pieces, to_ground
from services.tiling.layout import Tile, surround
from services.tiling.pipeline import TiledPipeline
from services.tiling.plan import Stage

_NO_NEGATIVE = " "
# The decoder errs where it sees no further: at the edge, and 8 px inside it, where the blend still shows it.
_CONTEXT_PX = 16


@dataclass(frozen=True, slots=True)
class Base:
    """The first stage of one picture, on a loaded pipeline."""

    pipeline: TiledPipeline
    job: Job
    stage: Stage
    seed: int

    def denoise(
        self, skip: int, latents: torch.Tensor | None, on_step: OnStep, before_piece: Callable[[], None]
    ) -> torch.Tensor:
        """Returns the clean latents (1, 16, h/8, w/8), going on after `skip` steps from `latents`.

        Raises what the two calls do.
        """
        brief, pipeline = self.job.brief, self.pipeline
        grounds = self._draw_grounds()
        pipeline.pieces_at = lambda step: lay_pieces(self.stage, self.job.overlap_px, grounds, step)
        pipeline.before_piece = before_piece
        try:
            return pipeline.denoise(
                brief.steps,
                on_step,
                skip,
                latents,
                prompt=brief.prompt,
                negative_prompt=brief.negative_prompt or _NO_NEGATIVE,
                cfg_scale=brief.guidance_scale,
                seed=self.seed,
                width=self.stage.size[0],
                height=self.stage.size[1],
            )
        finally:
            pipeline.pieces_at = pipeline.before_piece = None

    def decode(self, latents: torch.Tensor, tile: Tile) -> NDArray[np.uint8]:
        """Returns the pixels (h, w, 3) of a tile in px, decoded with what surrounds it."""
        wide = surround(tile, self.stage.size, _CONTEXT_PX)
        pixels = self.pipeline.decode(crop(latents, to_latents(wide)))
        left, top = tile.left - wide.left, tile.top - wide.top
        return pixels[top : top + tile.height, left : left + tile.width]

    def _draw_grounds(self) -> Sequence[Ground]:
        job = self.job
        return [
            to_ground(self.pipeline, region, job.brief.prompt, job.size_px, self.stage.size, job.overlap_px)
            for region in job.regions
        ]
