"""Editing: pictures and an instruction in, the edited picture out."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKLQwenImage
from PIL import Image
from transformers import Qwen2_5_VLProcessor

from services.shapes.captions import caption
from services.shapes.edit_draws import draw_edit
from services.shapes.edits import Borrow, Edit
from services.shapes.flow import BATCH, UNCONDITIONAL_SHARE, Batch, Painter, weigh
from services.shapes.instructions import instruction
from services.shapes.latents import load_packed
from services.shapes.pictures import render
from services.shapes.prompts import encode_instructions
from services.shapes.scenes import Scene, draw_scene

SIZE = (128, 128)
PAIRS = 18_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A scene, what is to be done to it, and the seed of the deviations that both pictures share."""

    scene: Scene
    edit: Edit
    seed: int

    def pictures(self) -> list[tuple[Scene, int]]:
        """The input scenes with their seeds: the one to be edited and, where it borrows, the lender's."""
        borrowed = [(self.edit.source, self.seed + 1)] if isinstance(self.edit, Borrow) else []
        return [(self.scene, self.seed), *borrowed]

    def say(self, rng: random.Random) -> str:
        """Returns an instruction, or what the pipelines take for a missing one."""
        return " " if rng.random() < UNCONDITIONAL_SHARE else self.word(rng)

    def word(self, rng: random.Random) -> str:
        """Returns an instruction, more often than not as people vary it."""
        return instruction(self.scene, self.edit, rng if rng.random() < 0.6 else None)


@dataclass(frozen=True, slots=True)
class Album:
    """Pairs with the same number of input pictures, and the latents of each picture (n, tokens, 64)."""

    pairs: list[Pair]
    edited: torch.Tensor
    sources: tuple[torch.Tensor, ...]


@dataclass(frozen=True, slots=True)
class EditCourse:
    """Draws instructions for pairs of one album."""

    processor: Qwen2_5_VLProcessor
    albums: list[Album]

    def draw(self, painter: Painter, rng: random.Random) -> Batch:
        """Draws a batch with freshly worded instructions."""
        album = rng.choices(self.albums, [len(album.pairs) for album in self.albums])[0]
        chosen = [rng.randrange(len(album.pairs)) for _ in range(BATCH)]
        pairs = [album.pairs[index] for index in chosen]
        said = [pair.say(rng) for pair in pairs]
        embeddings, mask = encode_instructions(
            painter.text_encoder, self.processor, said, [show(pair) for pair in pairs]
        )
        # What is taken away counts as much as what is put there.
        edited = [pair.edit.apply(pair.scene) for pair in pairs]
        weights = [weigh((*p.scene.shapes, *e.shapes), SIZE) for p, e in zip(pairs, edited, strict=True)]
        captions = tuple(caption(e) if s.strip() else None for e, s in zip(edited, said, strict=True))
        sources = tuple(latents[chosen].float() for latents in album.sources)
        latents = album.edited[chosen].float()
        return Batch(SIZE, latents, torch.stack(weights), embeddings, mask, sources, captions)


def show(pair: Pair) -> list[Image.Image]:
    """Paints the input pictures of a pair, for the text encoder's eyes."""
    return [render(scene, *SIZE, seed) for scene, seed in pair.pictures()]


def fill_albums(vae: AutoencoderKLQwenImage, count: int, folder: Path, seed: int) -> list[Album]:
    """Paints and encodes `count` pairs, or reads them back; one album for each number of input pictures."""
    pairs = list(draw_pairs(count, seed))
    kinds = {
        "one": [p for p in pairs if len(p.pictures()) == 1],
        "two": [p for p in pairs if len(p.pictures()) == 2],
    }
    albums: list[Album] = []
    for name, ours in kinds.items():
        if ours:
            edited = [(pair.edit.apply(pair.scene), pair.seed) for pair in ours]
            inputs = zip(*(pair.pictures() for pair in ours), strict=True)
            sources = tuple(
                load_packed(vae, list(each), SIZE, folder / f"edits-{name}-{number}.safetensors")
                for number, each in enumerate(inputs)
            )
            albums.append(
                Album(ours, load_packed(vae, edited, SIZE, folder / f"edits-{name}.safetensors"), sources)
            )
    return albums


def draw_pairs(count: int, seed: int) -> Iterator[Pair]:
    """Yields training pairs, the same ones for the same seed."""
    rng = random.Random(f"{seed} edits")
    for _ in range(count):
        yield draw_pair(rng)


def draw_pair(rng: random.Random) -> Pair:
    """Draws a pair that training may see."""
    scene = draw_scene(rng)
    return Pair(scene, draw_edit(scene, rng), rng.randrange(2**31))
