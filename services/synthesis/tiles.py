"""The autoencoder at work on small tiles, where memory is scarce."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import torch
from diffsynth.models.qwen_image_vae import QwenImageVAE

# In latents of 8 px. A picture no larger than a tile goes through as one.
_TILE, _STRIDE = 32, 24
_LATENT_PX = 8


def decode_in_tiles(vae: QwenImageVAE) -> None:
    """Has a loaded autoencoder encode and decode in tiles of 256 px, whatever its callers ask for."""
    vae.__class__ = TiledVae


class TiledVae(QwenImageVAE):
    """DiffSynth's autoencoder, always tiled where a picture is larger than a tile."""

    def encode(self, x: torch.Tensor, *_: Any, tiled: bool = False, **asked: Any) -> Any:
        """Returns normalised latents (n, 16, h/8, w/8)."""
        return super().encode(x, **_tiled(x, _TILE * _LATENT_PX))

    def decode(self, x: torch.Tensor, *_: Any, tiled: bool = False, **asked: Any) -> Any:
        """Returns pixels (n, c, h, w)."""
        return super().decode(x, **_tiled(x, _TILE))


def _tiled(x: torch.Tensor, side: int) -> dict[str, Any]:
    is_large = max(x.shape[-2:]) > side
    return {"tiled": is_large, "tile_size": _TILE, "tile_stride": _STRIDE}
