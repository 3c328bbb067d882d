"""Control: pictures painted from their captions while edges, or what is around a hole, are given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.areas import LOOSE, SNUG, Area, draw_anywhere, draw_area
from services.shapes.conditioned import Lesson, Text
from services.shapes.control_images import encode_edges, encode_holes
from services.shapes.flow import BATCH, weigh
from services.shapes.latents import Shaken, load_packed, paint_all, remember, scenes_of
from services.shapes.prompts import encode
from services.shapes.scenes import PLACES, Scene
from services.shapes.text_course import word

Kind: TypeAlias = Literal["canny", "inpaint"]
# Scenes kept at each size (width, height) in px.
SIZES: dict[tuple[int, int], int] = {(128, 128): 5000, (160, 96): 500, (96, 160): 500}
# Outside a hole everything is given: there is little to learn.
HOLE_WEIGHT = 4.0
CHUNK = 16


@dataclass(frozen=True, slots=True)
class Shelf:
    """Scenes of one size in px with their latents, what the ControlNet is shown, and what counts."""

    size: tuple[int, int]
    scenes: list[Shaken]
    latents: torch.Tensor
    conditioning: torch.Tensor
    weights: torch.Tensor


@dataclass(frozen=True, slots=True)
class ControlCourse:
    """Draws captions of scenes together with what the ControlNet is shown; `prefix` begins each caption."""

    text_encoder: Qwen2_5_VLForConditionalGeneration
    tokenizer: Qwen2Tokenizer
    shelves: list[Shelf]
    prefix: str = ""

    @torch.no_grad()
    def draw(self, rng: random.Random) -> Lesson:
        """Draws a batch of one size; one caption in ten is empty."""
        shelf = rng.choices(self.shelves, [len(shelf.scenes) for shelf in self.shelves])[0]
        chosen = [rng.randrange(len(shelf.scenes)) for _ in range(BATCH)]
        words = [self.prefix + word(shelf.scenes[index][0], rng) for index in chosen]
        return Lesson(
            shelf.size,
            shelf.latents[chosen].float(),
            shelf.weights[chosen],
            (Text(*encode(self.text_encoder, self.tokenizer, words)),),
            shelf.conditioning[chosen].float(),
        )


def fill_shelf(
    kind: Kind, vae: AutoencoderKLQwenImage, size: tuple[int, int], count: int, folder: Path, seed: int
) -> Shelf:
    """Paints and encodes `count` scenes of a size, or reads them back."""
    scenes = list(scenes_of(size, count, seed))
    name = f"{size[0]}x{size[1]}.safetensors"
    latents = load_packed(vae, scenes, size, folder / f"latents-{name}")
    weights = torch.stack([weigh(scene.shapes, size) for scene, _ in scenes])
    areas = areas_of(scenes, size, seed) if kind == "inpaint" else []

    def show(start: int) -> torch.Tensor:
        pictures = paint_all(scenes[start : start + CHUNK], size)
        if kind == "canny":
            return encode_edges(vae, pictures)
        return encode_holes(vae, pictures, np.stack([a.draw() for a in areas[start : start + CHUNK]]))

    shown = remember(
        folder / f"{kind}-{name}",
        lambda: torch.cat([show(start).half() for start in range(0, count, CHUNK)]),
    )
    if kind == "inpaint":
        weights *= emphasise(areas)
    return Shelf(size, scenes, latents, shown, weights / weights.mean(1, keepdim=True))


def areas_of(scenes: Sequence[Shaken], size: tuple[int, int], seed: int) -> list[Area]:
    """Returns the hole of each training scene: mostly where a shape is."""
    rng = random.Random(f"{seed} {size} areas")
    return [draw_hole(scene, size, rng) for scene, _ in scenes]


def draw_hole(scene: Scene, size: tuple[int, int], rng: random.Random) -> Area:
    """Draws a hole around a shape, around any place or anywhere."""
    kind = rng.random()
    if kind < 0.2:
        return draw_anywhere(size, rng)
    place = rng.choice(list(PLACES)) if kind < 0.4 else rng.choice(scene.shapes).place
    return draw_area(place, size, rng, rng.choice((SNUG, SNUG, LOOSE)))


def emphasise(areas: Sequence[Area]) -> torch.Tensor:
    """Returns how much more each token (n, tokens, 1) counts inside its hole."""
    inside = torch.from_numpy(np.stack([area.tokens() for area in areas]))
    return torch.where(inside, HOLE_WEIGHT, 1.0)[..., None]
