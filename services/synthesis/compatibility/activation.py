"""The activation that Qwen-Image was trained with."""

# pyright: standard
# Torch code.
from __future__ import annotations

import torch
from diffsynth.models.qwen_image_dit import ApproximateGELU
from torch.nn.functional import gelu


def mend_activation() -> None:
    """Gives DiffSynth GELU's tanh form; its sigmoid form moves pixels by up to 27 of 255."""
    ApproximateGELU.forward = _trained_gelu


def _trained_gelu(self: ApproximateGELU, x: torch.Tensor) -> torch.Tensor:
    return gelu(self.proj(x), approximate="tanh")
