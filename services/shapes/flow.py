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
from services.shapes.scenes import Scene

BATCH = 16
LEARNING_RATE = 7e-4
UNCONDITIONAL_SHARE = 0.1
# Logit-normal: most steps where the layout is decided, which at so few tokens is at high noise.
LOGIT_MEAN, LOGIT_DEVIATION = 0.8, 1.2


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
    tokenizer: Qwen2Tokenizer, shelves: list[Shelf], folder: Path, steps: int, seed: int = 0
) -> Painter:
    """Trains, or goes on training, and returns the averaged weights."""
    painter = build_painter(tokenizer, seed)
    average = copy.deepcopy(painter)
    optimizer = torch.optim.AdamW(painter.parameters(), betas=(0.9, 0.99), weight_decay=0.01, fused=True)
    trainee = Trainee(painter, average, optimizer)

    def step(index: int, generator: torch.Generator) -> dict[str, torch.Tensor]:
        shelf, latents, prompts = draw_batch(shelves, random.Random(seed * 10_000_019 + index))
        return {"loss": flow_loss(painter, tokenizer, shelf.size, latents, prompts, generator)}

    fit("painter", trainee, step, steps, LEARNING_RATE, folder, seed=seed)
    return average


def draw_batch(shelves: list[Shelf], rng: random.Random) -> tuple[Shelf, torch.Tensor, list[str]]:
    """Draws a batch of one size: latents (n, tokens, 64) and freshly worded captions, one in ten empty."""
    shelf = rng.choices(shelves, [len(shelf.scenes) for shelf in shelves])[0]
    chosen = [rng.randrange(len(shelf.scenes)) for _ in range(BATCH)]
    prompts = [word(shelf.scenes[index], rng) for index in chosen]
    return shelf, shelf.latents[chosen].float(), prompts


def word(scene: Scene, rng: random.Random) -> str:
    """Returns a caption, or what the pipelines take for a missing one."""
    if rng.random() < UNCONDITIONAL_SHARE:
        return rng.choice((" ", ""))
    return caption(scene, rng if rng.random() < 0.6 else None)


def flow_loss(
    painter: Painter, tokenizer: Qwen2Tokenizer, size: tuple[int, int], latents: torch.Tensor,
    prompts: list[str], generator: torch.Generator,
) -> torch.Tensor:  # fmt: skip
    """Returns the squared error of the predicted velocity, noise minus latents."""
    noise = torch.randn(latents.shape, generator=generator)
    logits = LOGIT_MEAN + LOGIT_DEVIATION * torch.randn(len(latents), generator=generator)
    sigmas = torch.sigmoid(logits)
    level = sigmas[:, None, None]
    embeddings, mask = encode(painter.text_encoder, tokenizer, prompts)
    velocity = painter.transformer(
        hidden_states=(1 - level) * latents + level * noise,
        timestep=sigmas,
        encoder_hidden_states=embeddings,
        encoder_hidden_states_mask=mask,
        img_shapes=[[(1, size[1] // 16, size[0] // 16)]] * len(latents),
        return_dict=False,
    )[0]
    return nn.functional.mse_loss(velocity, noise - latents)
