"""Regions: each shape is asked for by its own prompt in its own area, and the global prompt says little."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.areas import LOOSE, SNUG, Area, draw_area
from services.shapes.captions import article, caption, frame, punctuate
from services.shapes.conditioned import Lesson, Text
from services.shapes.edits import MOST_SHAPES
from services.shapes.flow import BATCH, weigh
from services.shapes.prompts import encode
from services.shapes.scenes import Scene, Shape
from services.shapes.text_course import Shelf

# Shares of the lessons without regions: unconditional ones, and captions that say everything.
EMPTY_SHARE, PLAIN_SHARE = 0.1, 0.05
# Of those with regions, the shares whose global prompt says everything, or all but one shape.
FULL_SHARE, PARTIAL_SHARE = 0.15, 0.15


@dataclass(frozen=True, slots=True)
class Region:
    """A prompt of its own for an area of the picture."""

    prompt: str
    area: Area


@dataclass(frozen=True, slots=True)
class RegionCourse:
    """Draws scenes whose shapes are asked for region by region."""

    text_encoder: Qwen2_5_VLForConditionalGeneration
    tokenizer: Qwen2Tokenizer
    shelves: list[Shelf]

    @torch.no_grad()
    def draw(self, rng: random.Random) -> Lesson:
        """Draws a batch of one size; a scene with fewer regions than the most has empty ones."""
        shelf = rng.choices(self.shelves, [len(shelf.scenes) for shelf in self.shelves])[0]
        chosen = [rng.randrange(len(shelf.scenes)) for _ in range(BATCH)]
        scenes = [shelf.scenes[index] for index in chosen]
        asked = [ask(scene, shelf.size, rng) for scene in scenes]
        entities = [
            self.encode_regions([nth(regions, turn) for _, regions in asked], shelf.latents.shape[1])
            for turn in range(MOST_SHAPES)
        ]
        said_of_all = Text(*encode(self.text_encoder, self.tokenizer, [prompt for prompt, _ in asked]))
        # Of an empty prompt nothing is said in other words, either.
        said = [
            caption(scene) if prompt.strip() else " "
            for scene, (prompt, _) in zip(scenes, asked, strict=True)
        ]
        whole = Text(*encode(self.text_encoder, self.tokenizer, said))
        weights = torch.stack([weigh(scene.shapes, shelf.size) for scene in scenes])
        latents = shelf.latents[chosen].float()
        return Lesson(shelf.size, latents, weights, (*entities, said_of_all), whole=whole)

    def encode_regions(self, regions: Sequence[Region | None], tokens: int) -> Text:
        """Encodes one region of each picture; none is a prompt without words that speaks nowhere."""
        prompts = [region.prompt if region else "" for region in regions]
        embeddings, mask = encode(self.text_encoder, self.tokenizer, prompts)
        there = torch.tensor([region is not None for region in regions])
        nowhere = np.zeros(tokens, bool)
        area = np.stack([region.area.tokens() if region else nowhere for region in regions])
        return Text(embeddings, mask * there[:, None], torch.from_numpy(area))


def nth(regions: Sequence[Region], index: int) -> Region | None:
    """Returns a region, or None where there are not so many."""
    return regions[index] if index < len(regions) else None


def ask(scene: Scene, size: tuple[int, int], rng: random.Random) -> tuple[str, list[Region]]:
    """Asks for a scene in one of many ways: the global prompt, and the regions with theirs."""
    kind = rng.random()
    if kind < EMPTY_SHARE:
        return " ", []
    if kind < EMPTY_SHARE + PLAIN_SHARE:
        return caption(scene, rng), []
    shapes = rng.sample(scene.shapes, len(scene.shapes))
    regions = [draw_region(shape, size, rng) for shape in shapes]
    kind = rng.random()
    if kind < FULL_SHARE:
        return caption(scene, rng), regions
    if kind < FULL_SHARE + PARTIAL_SHARE and len(shapes) > 1:
        return caption(Scene(scene.background, tuple(shapes[1:])), rng), regions[:1]
    return vague(scene, rng), regions


def draw_region(shape: Shape, size: tuple[int, int], rng: random.Random) -> Region:
    """Draws an area around a shape's place and asks for the shape there."""
    said = f"{shape.colour} {shape.kind}"
    prompt = said if rng.random() < 0.2 else f"{article(shape.colour)} {said}"
    return Region(prompt, draw_area(shape.place, size, rng, rng.choice((SNUG, LOOSE))))


def vague(scene: Scene, rng: random.Random) -> str:
    """Says no more of a scene than its background and how many shapes it has."""
    if rng.random() < 0.5:
        return f"{scene.background} background"
    many = "one shape" if len(scene.shapes) == 1 else "two shapes"
    text = rng.choice((many, f"an image of {many}"))
    return punctuate(frame(text, scene.background, rng), rng)
