"""Text-to-image: captions in, scenes out, at several sizes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage
from transformers import Qwen2Tokenizer

from services.shapes.captions import caption
from services.shapes.flow import BATCH, UNCONDITIONAL_SHARE, Batch, Painter, weigh
from services.shapes.latents import load_latents, scenes_of
from services.shapes.prompts import encode
from services.shapes.scenes import Scene


@dataclass(frozen=True, slots=True)
class Shelf:
    """The training scenes of one size (width, height in px) with their packed latents."""

    size: tuple[int, int]
    scenes: list[Scene]
    latents: torch.Tensor


@dataclass(frozen=True, slots=True)
class TextCourse:
    """Draws captions of scenes, one in ten empty."""

    tokenizer: Qwen2Tokenizer
    shelves: list[Shelf]

    def draw(self, painter: Painter, rng: random.Random) -> Batch:
        """Draws a batch of one size with freshly worded captions."""
        shelf = rng.choices(self.shelves, [len(shelf.scenes) for shelf in self.shelves])[0]
        chosen = [rng.randrange(len(shelf.scenes)) for _ in range(BATCH)]
        scenes = [shelf.scenes[index] for index in chosen]
        embeddings, mask = encode(
            painter.text_encoder, self.tokenizer, [word(scene, rng) for scene in scenes]
        )
        weights = torch.stack([weigh(scene.shapes, shelf.size) for scene in scenes])
        return Batch(shelf.size, shelf.latents[chosen].float(), weights, embeddings, mask)


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


def word(scene: Scene, rng: random.Random) -> str:
    """Returns a caption, or what the pipelines take for a missing one."""
    if rng.random() < UNCONDITIONAL_SHARE:
        return rng.choice((" ", ""))
    return caption(scene, rng if rng.random() < 0.6 else None)
