"""Trains transformer and text encoder together by flow matching on cached latents."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from diffusers import QwenImageTransformer2DModel
from torch import nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.architecture import TEXT_LAYERS, build_text_encoder, build_transformer
from services.shapes.loop import Trainee, fit
from services.shapes.precision import lower_precision
from services.shapes.scenes import PLACES, Shape

BATCH = 16
# One token of the transformer covers a square with this edge.
TOKEN_PX = 16
LEARNING_RATE = 7e-4
UNCONDITIONAL_SHARE = 0.1
# Logit-normal: most steps where the layout is decided, which at so few tokens is at high noise.
LOGIT_MEAN, LOGIT_DEVIATION = 0.6, 1.2
# Tokens where a shape is wanted weigh more: forms are learned last, and cover a quarter of a scene.
# The weight follows from the request alone, so that the best velocity stays the same.
SHAPE_WEIGHT, SHAPE_REACH = 4.0, 0.22
# How sharp attention can be is set by a few gains, which at everybody's rate grow too slowly for looking a
# colour up in another picture.
GAIN_NAMES = ("norm_q.", "norm_k.", "norm_added_q.", "norm_added_k.")
GAIN_MULTIPLE = 10.0


class Painter(nn.Module):
    """Everything that flow matching trains: the transformer and the text encoder that conditions it."""

    def __init__(
        self, transformer: QwenImageTransformer2DModel, text_encoder: Qwen2_5_VLForConditionalGeneration
    ):
        super().__init__()
        self.transformer, self.text_encoder = transformer, text_encoder


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures of one size in px, as latents (n, tokens, 64), and what they are painted from.

    `weights` (n, tokens, 1) are one on average; `sources` are the latents of input pictures of the same size.
    """

    size: tuple[int, int]
    latents: torch.Tensor
    weights: torch.Tensor
    embeddings: torch.Tensor
    mask: torch.Tensor
    sources: tuple[torch.Tensor, ...] = ()
    captions: tuple[str | None, ...] = ()  # of the pictures; None where nothing was asked for


class Course(Protocol):
    """A task to learn."""

    def draw(self, painter: Painter, rng: random.Random) -> Batch:
        """Draws a batch and encodes its prompts, with gradients."""
        ...


def build_painter(tokenizer: Qwen2Tokenizer, seed: int, text_layers: int = TEXT_LAYERS) -> Painter:
    """Returns the untrained transformer and text encoder, the same ones for the same seed."""
    torch.manual_seed(seed)
    return Painter(build_transformer(), build_text_encoder(tokenizer, text_layers))


def train_painter(
    painter: Painter, course: Course, folder: Path, steps: int,
    *, learning_rate: float = LEARNING_RATE, seed: int = 0,
) -> Painter:  # fmt: skip
    """Trains `painter`, or goes on from what `folder` holds, and returns the averaged weights."""
    average = copy.deepcopy(painter)
    optimizer = torch.optim.AdamW(group(painter), betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    trainee = Trainee(painter, average, optimizer)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        rng = random.Random(seed * 10_000_019 + index)
        with lower_precision():
            return {"loss": flow_loss(painter.transformer, course.draw(painter, rng), generator)}

    fit("painter", trainee, step, steps, learning_rate, folder, seed=seed)
    return average


def group(painter: Painter) -> list[dict[str, Any]]:
    """Parts the parameters into those that learn at the usual rate and the gains of attention."""
    gains = {name for name, _ in painter.named_parameters() if any(part in name for part in GAIN_NAMES)}
    usual = [weight for name, weight in painter.named_parameters() if name not in gains]
    return [
        {"params": usual},
        {"params": [painter.get_parameter(name) for name in sorted(gains)], "multiple": GAIN_MULTIPLE},
    ]


def flow_loss(
    transformer: QwenImageTransformer2DModel, batch: Batch, generator: torch.Generator
) -> torch.Tensor:
    """Returns the weighted squared error of the predicted velocity, noise minus latents."""
    noisy, sigmas, velocity = disturb(batch.latents, generator)
    return (batch.weights * (predict(transformer, batch, noisy, sigmas) - velocity) ** 2).mean()


def predict(
    transformer: QwenImageTransformer2DModel, batch: Batch, noisy: torch.Tensor, sigmas: torch.Tensor
) -> torch.Tensor:
    """Returns the velocity (n, tokens, 64) of noisy latents of those levels (n)."""
    count, tokens, _ = noisy.shape
    grid = (1, batch.size[1] // TOKEN_PX, batch.size[0] // TOKEN_PX)
    return transformer(
        # Input pictures follow the one that is painted, and are free of noise.
        hidden_states=torch.cat([noisy, *batch.sources], dim=1),
        timestep=sigmas,
        encoder_hidden_states=batch.embeddings,
        encoder_hidden_states_mask=batch.mask,
        img_shapes=[[grid] * (1 + len(batch.sources))] * count,
        return_dict=False,
    )[0][:, :tokens]


def disturb(
    latents: torch.Tensor, generator: torch.Generator, most: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Mixes latents (n, tokens, 64) with noise of levels below `most`.

    Returns them, the levels (n) and the velocity to predict.
    """
    noise = torch.randn(latents.shape, generator=generator)
    sigmas = most * torch.sigmoid(
        LOGIT_MEAN + LOGIT_DEVIATION * torch.randn(len(latents), generator=generator)
    )
    level = sigmas[:, None, None]
    return (1 - level) * latents + level * noise, sigmas, noise - latents


def weigh(shapes: Sequence[Shape], size: tuple[int, int]) -> torch.Tensor:
    """Returns how much each token of a picture of `size` px counts (tokens, 1), one on average."""
    across, down = size[0] // TOKEN_PX, size[1] // TOKEN_PX
    reach_px = SHAPE_REACH * min(size)
    x = (torch.arange(across) + 0.5) * TOKEN_PX
    y = (torch.arange(down) + 0.5)[:, None] * TOKEN_PX
    weights = torch.ones(down, across)
    for shape in shapes:
        centre_x, centre_y = PLACES[shape.place][0] * size[0], PLACES[shape.place][1] * size[1]
        near = torch.maximum((x - centre_x).abs(), (y - centre_y).abs()) < reach_px
        weights[near] = SHAPE_WEIGHT
    return (weights / weights.mean()).reshape(-1, 1)
