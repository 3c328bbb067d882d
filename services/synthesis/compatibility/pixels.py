"""How numbers become pixels."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import torch
from diffsynth.diffusion.base_pipeline import BasePipeline
from PIL import Image

_truncate = BasePipeline.vae_output_to_image


def mend_pixels() -> None:
    """Lets DiffSynth round to the nearest of 256 levels, in float32, where it cuts off what exceeds one.

    Half a level is nothing to see, but a picture edited ten times over becomes 0.6 levels darker by it.
    """
    BasePipeline.vae_output_to_image = _round


def _round(
    self: Any, vae_output: torch.Tensor, pattern: str = "B C H W", min_value: float = -1, max_value: float = 1
) -> Image.Image:
    half_level = (max_value - min_value) / 255 / 2
    return _truncate(self, vae_output.float() + half_level, pattern, min_value, max_value)  # pyright: ignore[reportArgumentType]
