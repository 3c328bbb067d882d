"""What DiffSynth 2.1.12 does otherwise than the weights were trained for.

Each entry has a test that shows the fault without it, and fails when DiffSynth heals.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

import torch
from diffsynth.models.qwen_image_dit import ApproximateGELU
from torch.nn.functional import gelu


def mend() -> None:
    """Replaces what is wrong, for every pipeline of this process; again does no harm."""
    # Qwen-Image was trained with GELU's tanh form; the sigmoid form moves pixels by up to 27 of 255.
    ApproximateGELU.forward = _trained_gelu


def _trained_gelu(self: ApproximateGELU, x: torch.Tensor) -> torch.Tensor:
    return gelu(self.proj(x), approximate="tanh")
