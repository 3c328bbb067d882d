"""Classifier-free guidance as Qwen-Image's own pipeline does it."""

# pyright: standard
# Torch code.
from __future__ import annotations

import torch


def rescale(guided: torch.Tensor, conditional: torch.Tensor) -> torch.Tensor:
    """Gives each token of the guided velocity the length of the conditional one; both (n, 16, h, w).

    A token is 2x2 latent pixels of 16 channels. diffusers does so (true_cfg_scale), DiffSynth does not.
    """
    return guided * (_lengths(conditional) / _lengths(guided))


def _lengths(velocity: torch.Tensor) -> torch.Tensor:
    count, channels, height, width = velocity.shape
    tokens = velocity.view(count, channels, height // 2, 2, width // 2, 2)
    lengths = torch.linalg.vector_norm(tokens, dim=(1, 3, 5)).unsqueeze(1)
    return lengths.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
