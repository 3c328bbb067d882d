"""What the real Qwen-Image would want for 4096², computed from its modules on torch's meta device.

Weights are counted parameter by parameter, and what a job adds is traced. The peak is all weights resident at
once, as the service loads them, and the larger one of two: a forward pass of the transformer over as many
tiles of 1024² as the service sends through it together (guidance makes two passes, one after the other), and
the decoding of one tile. Of the whole plane there are only latents, four times: the current ones, the noise,
and the sum and weights in float32. Beside it stands what the same would want untiled. Kernels' own
workspaces, the allocator's waste and the card's context come on top of both: the decoding of a tile as the
service asks the arbiter for it, by what others have measured (limner/models/activations.py), stands in a row
of its own.
"""

# pyright: standard
# Torch code.
from __future__ import annotations

from dataclasses import dataclass

import torch
from diffsynth.models.qwen_image_dit import QwenImageDiT
from diffsynth.models.qwen_image_text_encoder import QwenImageTextEncoder
from diffsynth.models.qwen_image_vae import QwenImageVAE
from torch import nn

from benchmarks.table import Row
from benchmarks.tiling_trace import fused_attention, peak
from limner.models.activations import decoding_bytes
from services.pipelines.frame import hasten
from services.tiling.job import AT_ONCE_MAX

TILE_PX, PLANE_PX = 1024, 4096
_GIB = 2**30
_WIDE, _HALF = 4, 2  # bytes of float32 and bfloat16
_LATENT_PX, _CHANNELS, _PROMPT_TOKENS = 8, 16, 512
# A block repeats, so that a few show the peak of sixty.
_BLOCKS_TRACED = 2
_DTYPE = torch.bfloat16
_BASE_DIM = 96  # of the real autoencoder


@dataclass(frozen=True, slots=True)
class Tier:
    """How the weights of linear layers are kept; they are computed with in bfloat16, one layer at a time."""

    name: str
    linear_bytes: float  # of a weight


# NF4 keeps a float32 scale with every 64 weights.
TIERS = (Tier("bf16", 2.0), Tier("fp8", 1.0), Tier("4-bit", 0.5 + 4 / 64))


@torch.inference_mode()
def measure() -> list[Row]:
    """Returns the peaks, tile by tile and untiled."""
    with torch.device("meta"):
        transformer, encoder, vae = QwenImageDiT(), QwenImageTextEncoder(), hasten(QwenImageVAE())
    parts = [part.to(_DTYPE) for part in (transformer, encoder, vae)]
    weights = {
        tier: sum(weigh(part, tier) for part in parts) + _unpacked(transformer, tier) for tier in TIERS
    }
    del transformer.transformer_blocks[_BLOCKS_TRACED:]
    passing, decoding = AT_ONCE_MAX * _trace_pass(transformer, TILE_PX), _trace_decoding(vae, TILE_PX)
    tiled = max(passing, decoding) + _plane_bytes()
    untiled = max(_trace_pass(transformer, PLANE_PX), _trace_decoding(vae, PLANE_PX))
    asked = decoding_bytes(_BASE_DIM, TILE_PX**2, on_card=True)
    rows = [
        row
        for tier, resident in weights.items()
        for row in (
            _row(f"{tier.name}: peak at {PLANE_PX}², tile {TILE_PX}", resident + tiled),
            _row(f"{tier.name}: peak at {PLANE_PX}², untiled", resident + untiled),
            _row(f"{tier.name}: weights in both", resident),
        )
    ]
    return [
        *rows,
        _row(f"a pass over {AT_ONCE_MAX} tiles, beyond weights", passing),
        _row("decoding a tile, beyond weights", decoding),
        _row("decoding a tile as others measured it", asked),
        _row("whole-plane latents", _plane_bytes()),
        _row("an untiled pass or decoding, the larger one", untiled),
    ]


def weigh(part: nn.Module, tier: Tier) -> int:
    """Returns the bytes of a part's weights; what belongs to no linear layer stays in bfloat16."""
    linear = sum(layer.weight.numel() for layer in part.modules() if isinstance(layer, nn.Linear))
    # The autoencoder is the last word about every pixel, and small: no tier touches it.
    kept = _HALF if isinstance(part, QwenImageVAE) else tier.linear_bytes
    others = sum(parameter.numel() for parameter in part.parameters()) - linear
    return int(linear * kept + others * _HALF)


def _unpacked(part: nn.Module, tier: Tier) -> int:
    """Returns the bytes of the largest linear layer as it is computed with."""
    if tier.linear_bytes == _HALF:
        return 0
    return _HALF * max(layer.weight.numel() for layer in part.modules() if isinstance(layer, nn.Linear))


def _plane_bytes() -> int:
    return _CHANNELS * (PLANE_PX // _LATENT_PX) ** 2 * (2 * _HALF + 2 * _WIDE)


def _trace_pass(transformer: QwenImageDiT, side_px: int) -> int:
    latents = _empty(1, _CHANNELS, side_px // _LATENT_PX, side_px // _LATENT_PX)
    prompt, timestep = _empty(1, _PROMPT_TOKENS, 3584), _empty(1)
    mask = torch.ones(1, _PROMPT_TOKENS, dtype=torch.long)  # Its sum is asked for, which meta does not know.
    with fused_attention():
        return peak(lambda: transformer(latents, timestep, prompt, mask, side_px, side_px))


def _trace_decoding(vae: QwenImageVAE, side_px: int) -> int:
    latents = _empty(1, _CHANNELS, side_px // _LATENT_PX, side_px // _LATENT_PX)
    with fused_attention():
        return peak(lambda: vae.decode(latents))


def _empty(*shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=_DTYPE, device="meta")


def _row(name: str, count: int) -> Row:
    return Row(f"computed, {name}", count / _GIB, "", True, "GiB")
