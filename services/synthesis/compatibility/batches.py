"""Several pictures in one run of the transformer."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import torch
from diffsynth.pipelines import qwen_image
from einops import rearrange

# How DiffSynth's model function ends. It adds that there is one picture, which follows from the tensor.
_LAST = "B (N H W) (C P Q) -> (B N) C (H P) (W Q)"


def mend_batches() -> None:
    """Has DiffSynth's model function return as many pictures as it was given."""
    qwen_image.rearrange = _rearrange


def _rearrange(tensor: torch.Tensor, pattern: str, **axes: Any) -> torch.Tensor:
    if pattern == _LAST:
        axes.pop("B")
    return rearrange(tensor, pattern, **axes)
