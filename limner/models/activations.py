"""What a job takes beyond the weights, stage by stage, from formulas. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from limner.models.sizes import Sizes, Stage

_TOKEN_PX = 16  # of the transformer: a latent is 8 px wide, and two by two are one token
_TILE_PX = 256  # of the autoencoder where memory is scarce
# Of a token in a block: the stream, its norm, queries, keys, values, attention, and the four of the
# feed-forward before and after its activation.
_WIDTHS_PER_TOKEN = 14
_WIDTHS_PER_TEXT_TOKEN = 20
_MASK_BYTES = 4  # of one token's view of another, where regions are kept apart
# Bytes per pixel and byte of a number, at base width 96. On cards, with the workspaces of their kernels, as
# InvokeAI measured them (vae_working_memory.py); on the host as benchmarks/memory_prediction.py does.
_DECODING_PER_PX, _ENCODING_PER_PX = 2900, 1600
_HOST_PERCENT = 54
_VAE_BASE = 96
_PIXEL_COPIES = 5 * 3  # numbers per pixel of the picture put together from tiles


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a request decides over memory."""

    width_px: int
    height_px: int
    pictures_px: tuple[int, ...] = ()  # areas of those that the transformer sees besides
    regions: int = 0
    layers: int = 0  # that a picture is taken apart into
    text_tokens: int = 512
    at_once: int = 1  # pictures, or tiles, that go through the transformer together

    @property
    def area_px(self) -> int:
        """Of the picture that is made."""
        return self.width_px * self.height_px

    @property
    def tokens(self) -> int:
        """How many the transformer sees at once, of one picture."""
        areas_px = self.area_px * (1 + self.layers) + sum(self.pictures_px)
        return areas_px // _TOKEN_PX**2 + self.text_tokens * (1 + self.regions)


def number_bytes_on(*, on_card: bool) -> int:
    """Returns what a number takes as it is computed with: bfloat16 on cards, float32 on the host."""
    return 2 if on_card else 4


def working_bytes(sizes: Sizes, shape: Shape, *, on_card: bool, small_tiles: bool) -> Mapping[Stage, int]:
    """Returns what each stage takes beyond its weights."""
    widths, number_bytes = sizes.widths, number_bytes_on(on_card=on_card)
    stream = shape.at_once * shape.tokens * widths.transformer * _WIDTHS_PER_TOKEN * number_bytes
    mask = shape.tokens**2 * _MASK_BYTES if shape.regions else 0
    text = shape.text_tokens * widths.text * _WIDTHS_PER_TEXT_TOKEN * number_bytes
    per_px = _per_px(_DECODING_PER_PX, widths.vae_base, on_card=on_card)
    encoding_per_px = _per_px(_ENCODING_PER_PX, widths.vae_base, on_card=on_card)
    canvas_px = shape.area_px * (1 + shape.layers)
    largest_px = max((shape.area_px, *shape.pictures_px))
    return {
        Stage.READING: text,
        Stage.SEEING: text,
        Stage.ENCODING: _passed_px(largest_px, small_tiles, encoding_per_px, number_bytes)
        if shape.pictures_px
        else 0,
        Stage.DENOISING: stream + mask,
        Stage.DECODING: _passed_px(canvas_px, small_tiles, per_px, number_bytes),
    }


def decoding_bytes(vae_base: int, area_px: int, *, on_card: bool) -> int:
    """Returns what an autoencoder of that base width takes to decode so many pixels at once."""
    return int(area_px * _per_px(_DECODING_PER_PX, vae_base, on_card=on_card))


def _per_px(per_byte: int, vae_base: int, *, on_card: bool) -> float:
    share = 1.0 if on_card else _HOST_PERCENT / 100
    return per_byte * share * vae_base / _VAE_BASE * number_bytes_on(on_card=on_card)


def _passed_px(area_px: int, small_tiles: bool, per_px: float, number_bytes: int) -> int:
    """Returns what the autoencoder takes for a picture, all of it at once or in tiles."""
    if not small_tiles or area_px <= _TILE_PX**2:
        return int(area_px * per_px)
    return int(_TILE_PX**2 * per_px) + area_px * _PIXEL_COPIES * number_bytes
