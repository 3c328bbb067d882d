"""One hop: tiles of an enlarged picture painted again from a share of noise, held to what they show."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffsynth.diffusion.base_pipeline import ControlNetInput
from numpy.typing import NDArray
from PIL import Image

from services.pipelines.catalogue import DETAIL
from services.synthesis.adapters import Adapters
from services.synthesis.denoising import OnStep
from services.synthesis.preprocessing import CANNY, preprocess
from services.tiling.blend import match_colour
from services.tiling.field import NoiseField
from services.tiling.job import Job
from services.tiling.layout import Size, Tile
from services.tiling.pipeline import TiledPipeline
from services.tiling.plane import Plane

# What a tile shows is in the picture already; a prompt for the whole would paint its subject into every tile.
_SILENT = " "
# A tile with at least this share of the picture may hear the prompt of the whole.
_WHOLE_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Refiner:
    """Paints the tiles of one picture with a loaded pipeline."""

    pipeline: TiledPipeline
    field: NoiseField
    adapters: Adapters
    control_kinds: tuple[str, ...]  # in the order of their ids
    job: Job
    seed: int

    def paint(
        self, below: Plane, noise: torch.Tensor, tiles: Sequence[Tile], on_step: OnStep,
        skip: int = 0, latents: torch.Tensor | None = None,
    ) -> list[NDArray[np.uint8]]:  # fmt: skip
        """Returns tiles (h, w, 3) of one size of `below` with new detail, going on after `skip` steps.

        `noise` is the plane's. Raises what `on_step` does.
        """
        before = [below.read(tile.box) for tile in tiles]
        pictures = [Image.fromarray(each) for each in before]
        self.field.stack(noise, tiles)
        said = self._say(tiles[0], below.size)
        # A part of a picture is not a picture: models that were taught so know it by this adapter.
        scales = {DETAIL: 1.0} if said["prompt"] == _SILENT else {}
        try:
            with self.adapters.active(scales):
                clean = self.pipeline.denoise(
                    self.job.refine_steps,
                    on_step,
                    skip,
                    latents,
                    input_image=pictures,
                    denoising_strength=self.job.strength,
                    width=tiles[0].width,
                    height=tiles[0].height,
                    seed=self.seed,
                    **said,
                    **self._hold(pictures),
                )
        finally:
            self.field.clear()
        return [
            _match(self.pipeline.decode(each[None]), was) for each, was in zip(clean, before, strict=True)
        ]

    def _say(self, tile: Tile, size: Size) -> Mapping[str, Any]:
        """Returns the prompt for a tile: the picture's where the tile shows most of it, else none."""
        brief = self.job.brief
        whole = tile.width * tile.height >= _WHOLE_SHARE * size[0] * size[1]
        if not whole or not brief.prompt.strip():
            return {"prompt": _SILENT, "cfg_scale": 1.0}
        negative = brief.negative_prompt or _SILENT
        return {"prompt": brief.prompt, "negative_prompt": negative, "cfg_scale": brief.guidance_scale}

    def _hold(self, pictures: list[Image.Image]) -> Mapping[str, Any]:
        """Returns what holds tiles to their own edges, if that is asked for."""
        if not self.job.control_scale:
            return {}
        number = self.control_kinds.index(CANNY)
        edges: Any = [preprocess(CANNY, picture, {}) for picture in pictures]
        held = ControlNetInput(controlnet_id=number, image=edges, scale=self.job.control_scale)
        return {"blockwise_controlnet_inputs": [held]}


def _match(painted: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.uint8]:
    matched = match_colour(_to_floats(painted), _to_floats(before))
    return np.rint(matched * 255).astype(np.uint8)


def _to_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)
