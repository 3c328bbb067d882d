"""One noise for a whole plane: tiles that overlap begin with the same."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_NoiseInitializer

from services.tiling.layout import Size, Tile

LATENT_PX = 8  # One latent covers 8×8 pixels.
_CHANNELS = 16


class NoiseField:
    """The noise that the next runs of a pipeline begin with; none has them draw their own."""

    def __init__(self) -> None:
        self.noise: torch.Tensor | None = None

    def stack(self, plane: torch.Tensor, tiles: Sequence[Tile]) -> None:
        """Lets the next run begin with what of a plane (1, 16, h/8, w/8) lies under each tile, in px."""
        self.noise = torch.cat([crop(plane, to_latents(tile)) for tile in tiles])

    def clear(self) -> None:
        """Has the next runs draw their own noise again."""
        self.noise = None


def draw_noise(size: Size, seed: int, dtype: torch.dtype) -> torch.Tensor:
    """Returns the noise of a plane of `size` px, as DiffSynth draws it for a picture of that size."""
    shape = (1, _CHANNELS, size[1] // LATENT_PX, size[0] // LATENT_PX)
    return torch.randn(shape, generator=torch.Generator("cpu").manual_seed(seed), dtype=dtype)


def install_field(pipeline: Any) -> NoiseField:
    """Lets a loaded pipeline take its noise from a field, once."""
    field = NoiseField()
    pipeline.units[:] = [
        _FieldNoise(field) if type(unit) is QwenImageUnit_NoiseInitializer else unit
        for unit in pipeline.units
    ]
    return field


def to_latents(tile: Tile) -> Tile:
    """Returns a tile of pixels in latents."""
    return Tile(*(length // LATENT_PX for length in (tile.left, tile.top, tile.width, tile.height)))


def crop(plane: torch.Tensor, tile: Tile) -> torch.Tensor:
    """Returns what of a plane (…, h, w) lies under `tile`, a view."""
    return plane[..., tile.top : tile.bottom, tile.left : tile.right]


class _FieldNoise(QwenImageUnit_NoiseInitializer):
    def __init__(self, field: NoiseField) -> None:
        super().__init__()
        self._field = field

    def process(self, pipe: Any, *args: Any, **asked: Any) -> dict[str, torch.Tensor]:
        """Returns the field's noise, or DiffSynth's own."""
        noise = self._field.noise
        if noise is None:
            return super().process(pipe, *args, **asked)
        return {"noise": noise.to(device=pipe.device, dtype=pipe.torch_dtype)}
