"""Trains transformer and text encoder together by flow matching on cached latents."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage, QwenImageTransformer2DModel
from torch import nn
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.architecture import build_text_encoder, build_transformer
from services.shapes.captions import caption
from services.shapes.latents import load_latents, scenes_of
from services.shapes.loop import Trainee, fit
from services.shapes.prompts import encode
from services.shapes.scenes import PLACES, Scene

BATCH = 16
# One token of the transformer covers a square with this edge.
TOKEN_PX = 16
LEARNING_RATE = 7e-4
UNCONDITIONAL_SHARE = 0.1
# Logit-normal: most steps where the layout is decided, which at so few tokens is at high noise.
LOGIT_MEAN, LOGIT_DEVIATION = 0.6, 1.2
# Tokens where the caption wants a shape weigh more: forms are learned last, and cover a quarter of a scene.
# The weight follows from the caption alone, so that the best velocity stays the same.
SHAPE_WEIGHT, SHAPE_REACH = 4.0, 0.22


class Painter(nn.Module):
    """Everything that flow matching trains: the transformer and the text encoder that conditions it."""

    def __init__(
        self, transformer: QwenImageTransformer2DModel, text_encoder: Qwen2_5_VLForConditionalGeneration
    ):
        super().__init__()
        self.transformer, self.text_encoder = transformer, text_encoder


@dataclass(frozen=True, slots=True)
class Shelf:
    """The training scenes of one size (width, height in px) with their packed latents."""

    size: tuple[int, int]
    scenes: list[Scene]
    latents: torch.Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Scenes of one size in px: latents (n, tokens, 64), weights (n, tokens, 1) and n captions."""

    size: tuple[int, int]
    latents: torch.Tensor
    weights: torch.Tensor
    prompts: list[str]


def build_painter(tokenizer: Qwen2Tokenizer, seed: int) -> Painter:
    """Returns the untrained transformer and text encoder, the same ones for the same seed."""
    torch.manual_seed(seed)
    return Painter(build_transformer(), build_text_encoder(tokenizer))


def fill_shelves(
    vae: AutoencoderKLQwenImage, sizes: dict[tuple[int, int], int], folder: Path, seed: int
) -> list[Shelf]:
    """Paints and encodes `sizes[size]` scenes of each size, or reads them back."""
    return [
        Shelf(
            size, [s for s, _ in scenes_of(size, count, seed)], load_latents(vae, size, count, folder, seed)
        )
        for size, count in sizes.items()
    ]


def train_painter(
    painter: Painter, tokenizer: Qwen2Tokenizer, shelves: list[Shelf], folder: Path, steps: int,
    *, learning_rate: float = LEARNING_RATE, seed: int = 0,
) -> Painter:  # fmt: skip
    """Trains `painter`, or goes on from what `folder` holds, and returns the averaged weights."""
    average = copy.deepcopy(painter)
    optimizer = torch.optim.AdamW(painter.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    trainee = Trainee(painter, average, optimizer)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        batch = draw_batch(shelves, random.Random(seed * 10_000_019 + index))
        return {"loss": flow_loss(painter, tokenizer, batch, generator)}

    fit("painter", trainee, step, steps, learning_rate, folder, seed=seed)
    return average


def draw_batch(shelves: list[Shelf], rng: random.Random) -> Batch:
    """Draws a batch of one size with freshly worded captions, one in ten empty."""
    shelf = rng.choices(shelves, [len(shelf.scenes) for shelf in shelves])[0]
    chosen = [rng.randrange(len(shelf.scenes)) for _ in range(BATCH)]
    scenes = [shelf.scenes[index] for index in chosen]
    weights = torch.stack([weigh(scene, shelf.size) for scene in scenes])
    return Batch(shelf.size, shelf.latents[chosen].float(), weights, [word(scene, rng) for scene in scenes])


def weigh(scene: Scene, size: tuple[int, int]) -> torch.Tensor:
    """Returns how much each token of a scene of `size` px counts (tokens, 1), one on average."""
    across, down = size[0] // TOKEN_PX, size[1] // TOKEN_PX
    reach_px = SHAPE_REACH * min(size)
    x = (torch.arange(across) + 0.5) * TOKEN_PX
    y = (torch.arange(down) + 0.5)[:, None] * TOKEN_PX
    weights = torch.ones(down, across)
    for shape in scene.shapes:
        centre_x, centre_y = PLACES[shape.place][0] * size[0], PLACES[shape.place][1] * size[1]
        near = torch.maximum((x - centre_x).abs(), (y - centre_y).abs()) < reach_px
        weights[near] = SHAPE_WEIGHT
    return (weights / weights.mean()).reshape(-1, 1)


def word(scene: Scene, rng: random.Random) -> str:
    """Returns a caption, or what the pipelines take for a missing one."""
    if rng.random() < UNCONDITIONAL_SHARE:
        return rng.choice((" ", ""))
    return caption(scene, rng if rng.random() < 0.6 else None)


def flow_loss(
    painter: Painter, tokenizer: Qwen2Tokenizer, batch: Batch, generator: torch.Generator
) -> torch.Tensor:
    """Returns the weighted squared error of the predicted velocity, noise minus latents."""
    latents, count = batch.latents, len(batch.latents)
    noise = torch.randn(latents.shape, generator=generator)
    sigmas = torch.sigmoid(LOGIT_MEAN + LOGIT_DEVIATION * torch.randn(count, generator=generator))
    level = sigmas[:, None, None]
    embeddings, mask = encode(painter.text_encoder, tokenizer, batch.prompts)
    velocity = painter.transformer(
        hidden_states=(1 - level) * latents + level * noise,
        timestep=sigmas,
        encoder_hidden_states=embeddings,
        encoder_hidden_states_mask=mask,
        img_shapes=[[(1, batch.size[1] // TOKEN_PX, batch.size[0] // TOKEN_PX)]] * count,
        return_dict=False,
    )[0]
    return (batch.weights * (velocity - (noise - latents)) ** 2).mean()
