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
from services.tiling.joint import Ground, TiledPipeline, lay_pieces, to_ground
from services.tiling.layout import Tile
from services.tiling.plan import Stage

_NO_NEGATIVE = " "


class _Denoised(Exception):
    """Carries the latents out of the pipeline, whose own decoding would take a whole plane's memory."""

    def __init__(self, latents: torch.Tensor) -> None:
        super().__init__()
        self.latents = latents


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
        brief, last = self.job.brief, self.job.brief.steps
        grounds = self._draw_grounds()

        def see_step(step: int, stepped: torch.Tensor, estimate: torch.Tensor) -> None:
            on_step(step, stepped, estimate)
            if step == last:
                raise _Denoised(stepped)

        self.pipeline.pieces_at = lambda step: lay_pieces(self.stage, self.job.overlap_px, grounds, step)
        self.pipeline.before_piece = before_piece
        self.pipeline.seam.begin(skip, latents, see_step)
        try:
            self.pipeline(
                brief.prompt,
                negative_prompt=brief.negative_prompt or _NO_NEGATIVE,
                cfg_scale=brief.guidance_scale,
                seed=self.seed,
                num_inference_steps=last,
                width=self.stage.size[0],
                height=self.stage.size[1],
            )
        except _Denoised as done:
            return done.latents
        finally:
            self.pipeline.pieces_at = self.pipeline.before_piece = None
        raise AssertionError("the last step ends the run")

    def decode(self, latents: torch.Tensor, tile: Tile) -> NDArray[np.uint8]:
        """Returns the pixels (h, w, 3) of a tile in px."""
        pipeline = self.pipeline
        pipeline.load_models_to_device(["vae"])
        pixels = pipeline.vae.decode(crop(latents, to_latents(tile)), device=pipeline.device, tiled=False)
        return np.asarray(pipeline.vae_output_to_image(pixels))

    def _draw_grounds(self) -> Sequence[Ground]:
        job = self.job
        return [
            to_ground(self.pipeline, region, job.brief.prompt, job.size_px, self.stage.size, job.overlap_px)
            for region in job.regions
        ]
