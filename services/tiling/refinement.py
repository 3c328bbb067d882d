"""One hop: every tile of an enlarged picture painted again from a share of noise, held to what it shows."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Mapping
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
from services.tiling.joint import TiledPipeline
from services.tiling.layout import Size, Tile
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

    def paint(self, below: Plane, noise: torch.Tensor, tile: Tile, on_step: OnStep) -> NDArray[np.uint8]:
        """Returns tile (h, w, 3) of `below` with new detail; `noise` is the plane's. Raises as `on_step`."""
        before = below.read(tile.box)
        picture = Image.fromarray(before)
        self.field.crop(noise, tile)
        self.pipeline.seam.begin(on_step=on_step)
        said = self._say(tile, below.size)
        # A part of a picture is not a picture: models that were taught so know it by this adapter.
        scales = {DETAIL: 1.0} if said["prompt"] == _SILENT else {}
        try:
            with self.adapters.active(scales):
                painted: Any = self.pipeline(
                    input_image=picture,
                    denoising_strength=self.job.strength,
                    num_inference_steps=self.job.refine_steps,
                    width=tile.width,
                    height=tile.height,
                    seed=self.seed,
                    **said,
                    **self._hold(picture),
                )
        finally:
            self.field.clear()
        matched = match_colour(_to_floats(np.asarray(painted)), _to_floats(before))
        return np.rint(matched * 255).astype(np.uint8)

    def _say(self, tile: Tile, size: Size) -> Mapping[str, Any]:
        """Returns the prompt for a tile: the picture's where the tile shows most of it, else none."""
        brief = self.job.brief
        whole = tile.width * tile.height >= _WHOLE_SHARE * size[0] * size[1]
        if not whole or not brief.prompt.strip():
            return {"prompt": _SILENT, "cfg_scale": 1.0}
        negative = brief.negative_prompt or _SILENT
        return {"prompt": brief.prompt, "negative_prompt": negative, "cfg_scale": brief.guidance_scale}

    def _hold(self, picture: Image.Image) -> Mapping[str, Any]:
        """Returns what holds a tile to its own edges, if that is asked for."""
        if not self.job.control_scale:
            return {}
        number = self.control_kinds.index(CANNY)
        edges = preprocess(CANNY, picture, {})
        held = ControlNetInput(controlnet_id=number, image=edges, scale=self.job.control_scale)
        return {"blockwise_controlnet_inputs": [held]}


def _to_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)
