"""An autoencoder for videos at work on a single frame."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import nn
from torch.nn.functional import conv2d

Vae = TypeVar("Vae", bound=nn.Module)

# Both libraries name it so; neither is imported here, as a service may have only one of them.
_CAUSAL = "QwenImageCausalConv3d"


def hasten(vae: Vae) -> Vae:
    """Makes Qwen-Image's autoencoder, diffusers' or DiffSynth's, several times faster on one frame.

    The result differs by at most 1e-4. Weights stay where they are and may still be moved, cast or trained;
    videos go the usual way. Changes `vae` itself and returns it; again does no harm.
    """
    for module in vae.modules():
        kind = type(module)
        if kind.__name__ == _CAUSAL and _sees_only_zeros_before(module):
            module.__class__ = type(f"Single{_CAUSAL}", (_SingleFrame, kind), {})
    return vae


def _sees_only_zeros_before(conv: Any) -> bool:
    return conv._padding[4] == conv.kernel_size[0] - 1


class _SingleFrame:
    """The forward pass of a causal convolution of which only the kernel's last slice meets pixels."""

    weight: torch.Tensor
    bias: torch.Tensor
    stride: tuple[int, int, int]
    _padding: tuple[int, ...]

    def forward(self, x: torch.Tensor, cache_x: torch.Tensor | None = None) -> torch.Tensor:
        """Convolves (n, c, t, h, w); `cache_x` holds the frames before, None at the start."""
        if x.shape[2] != 1 or cache_x is not None:
            return super().forward(x, cache_x)  # pyright: ignore[reportAttributeAccessIssue]
        padding = (self._padding[2], self._padding[0])
        return conv2d(x[:, :, 0], self.weight[:, :, -1], self.bias, self.stride[1:], padding).unsqueeze(2)
