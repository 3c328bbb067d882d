"""Heads that look at the same place in another picture, which training alone finds too late.

An editor has to copy. That takes attention sharp enough to tell a token from its neighbours by position
alone, and the painter, which had nothing to copy from, has no such head: after 1,700 steps of edits no head
gave the same place more than 3 %, and colours were guessed. So some heads begin that way. Left to training,
they are turned away within a thousand steps, before there is a use for them; held, the colours are copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from diffusers import QwenImageTransformer2DModel
from torch import nn

BLOCKS, HEADS_OF_BLOCK = (0, 1), 2
# Pairs of a head's channels that turn fastest with frame, row and column (axes_dims_rope 8, 12, 12), and how
# much each counts. The second of an axis tells places apart that the first takes for the same, a turn apart.
FRAME, PLACE = {0: 1.0}, {4: 1.0, 5: 0.7, 10: 1.0, 11: 0.7}
# How sharp the attention is, as the gain of these channels: the same place gets nine tenths.
GAIN = 2.6
_BIAS = 4.0  # More than what the content of a token could add.
# Radians that the first pair turns from one picture to the next.
_TURN = 1.0


@torch.no_grad()
def look_across(transformer: QwenImageTransformer2DModel, blocks: Sequence[int] = BLOCKS) -> None:
    """Turns the last heads of `blocks` to the same place in the picture that follows.

    The others see what they saw: where a channel's gain grows, what they put into it shrinks.
    """
    width = transformer.config.attention_head_dim
    for number in blocks:
        attention = transformer.transformer_blocks[number].attn
        for projection, norm, phase in _gazes(attention):
            _sharpen(projection, norm, width)
            _fix(projection, width, torch.tensor(phase))
        # What they see there is to be learnt; until then it says nothing.
        attention.to_out[0].weight[:, -HEADS_OF_BLOCK * width :] = 0


def hold_gaze(transformer: QwenImageTransformer2DModel, blocks: Sequence[int] = BLOCKS) -> None:
    """Has training leave those heads where they look: it has no use for them at first and turns them away."""
    rows = slice(-HEADS_OF_BLOCK * transformer.config.attention_head_dim, None)
    for number in blocks:
        for projection, norm, _ in _gazes(transformer.transformer_blocks[number].attn):
            norm.weight.register_hook(partial(_hold, where=_channels()))
            projection.weight.register_hook(partial(_hold, where=rows))
            projection.bias.register_hook(partial(_hold, where=rows))


def _gazes(attention: nn.Module) -> tuple[tuple[nn.Linear, nn.Module, float], ...]:
    """Returns what asks and what answers, each with its norm and the turn of its first pair."""
    return (attention.to_q, attention.norm_q, 0.0), (attention.to_k, attention.norm_k, _TURN)


def _sharpen(projection: nn.Linear, norm: nn.Module, width: int) -> None:
    gains = norm.weight
    for channel in _channels():
        factor = GAIN / gains[channel].abs().clamp_min(0.1)
        gains[channel] *= factor
        projection.weight[channel::width] /= factor
        projection.bias[channel::width] /= factor


def _fix(projection: nn.Linear, width: int, phase: torch.Tensor) -> None:
    """Has the last heads say where a token is, and hardly what it shows."""
    habit = torch.zeros(width)
    for pair, weight in FRAME.items():
        habit[2 * pair] = weight**0.5 * torch.cos(phase)
        habit[2 * pair + 1] = -(weight**0.5) * torch.sin(phase)
    for pair, weight in PLACE.items():
        habit[2 * pair] = weight**0.5
    rows = HEADS_OF_BLOCK * width
    projection.weight[-rows:] *= 0.1
    projection.bias[-rows:] = _BIAS * habit.repeat(HEADS_OF_BLOCK)


def _hold(gradient: torch.Tensor, where: slice | list[int]) -> torch.Tensor:
    """Returns a gradient that is zero there."""
    held = gradient.clone()
    held[where] = 0
    return held


def _channels() -> list[int]:
    return [*(2 * pair + part for pair in FRAME for part in (0, 1)), *(2 * pair for pair in PLACE)]
