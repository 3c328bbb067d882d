"""What becomes of latents when a picture is taken apart: they are several, and their pixels have alpha."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def colour_encoder(vae: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Returns what encodes colours (n, 3, h, w in [-1, 1]), as opaque where `vae` wants to know."""
    if vae.encoder.conv_in.in_channels == 3:
        return vae.encode

    def encode(colours: torch.Tensor) -> torch.Tensor:
        return vae.encode(torch.cat([colours, torch.ones_like(colours[:, :1])], dim=1))

    return encode


def lay_out(latents: torch.Tensor) -> torch.Tensor:
    """Returns the layers in `latents` (1 + n, 16, h, w) beside each other, (1, 16, h, n·w).

    The first, which is left out, is the whole picture; that of a painter (1, 16, h, w) stays as it is.
    """
    return latents if len(latents) == 1 else torch.cat(list(latents[1:]), dim=-1).unsqueeze(0)
