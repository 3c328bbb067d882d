"""Detail: close-ups of scenes, like the tiles of a large picture, painted from little noise and no words."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKLQwenImage
from numpy.typing import NDArray
from transformers import Qwen2_5_VLForConditionalGeneration, Qwen2Tokenizer

from services.shapes.conditioned import Lesson, Text
from services.shapes.flow import BATCH
from services.shapes.latents import encode_pixels, pack, remember
from services.shapes.pictures import OVERSAMPLE, contour, is_crowded, place, shake
from services.shapes.prompts import encode
from services.shapes.scenes import COLOURS, PLACES, Scene, draw_scene

SIDE_PX = 128
COUNT = 6000
# How much larger the whole picture is than the tile.
ZOOM_LEAST, ZOOM_MOST = 1.0, 16.0
# Tiles that show an outline; the others are mostly one colour, which is soon learnt.
OUTLINE_SHARE = 0.8
# Refining begins with less noise than painting.
NOISE_MOST = 0.8
# What the tiling service says to a tile.
SILENT = " "
CHUNK = 16


@dataclass(frozen=True, slots=True)
class DetailCourse:
    """Draws close-ups, which nothing is said of."""

    latents: torch.Tensor
    silence: Text

    def draw(self, rng: random.Random) -> Lesson:
        """Draws a batch."""
        chosen = [rng.randrange(len(self.latents)) for _ in range(BATCH)]
        latents = self.latents[chosen].float()
        weights = torch.ones(*latents.shape[:2], 1)
        return Lesson((SIDE_PX, SIDE_PX), latents, weights, (self.silence,), noise_most=NOISE_MOST)


def plan_details(
    vae: AutoencoderKLQwenImage,
    text_encoder: Qwen2_5_VLForConditionalGeneration,
    tokenizer: Qwen2Tokenizer,
    count: int,
    folder: Path,
    seed: int,
) -> DetailCourse:
    """Paints and encodes `count` close-ups, or reads them back."""

    def show() -> torch.Tensor:
        drawn = [draw_close_up(random.Random(f"{seed} detail {index}")) for index in range(count)]
        chunks = (np.stack(drawn[start : start + CHUNK]) for start in range(0, count, CHUNK))
        return torch.cat([pack(encode_pixels(vae, chunk)).half() for chunk in chunks])

    latents = remember(folder / "close-ups.safetensors", show)
    with torch.no_grad():
        silence = Text(*encode(text_encoder, tokenizer, [SILENT] * BATCH))
    return DetailCourse(latents, silence)


def draw_close_up(rng: random.Random) -> NDArray[np.uint8]:
    """Paints a part (128, 128, 3) of a scene that is a few times larger."""
    scene = draw_scene(rng)
    zoom = ZOOM_LEAST * (ZOOM_MOST / ZOOM_LEAST) ** rng.random()
    outlines = draw_outlines(scene, zoom * SIDE_PX, rng)
    room = (zoom - 1) * SIDE_PX
    left, top = rng.uniform(0, room), rng.uniform(0, room)
    if rng.random() < OUTLINE_SHARE:
        # Within the tile, but not always in its middle.
        x, y = rng.choice([point for outline, _ in outlines for point in along(outline)])
        left = min(max(0, x - rng.uniform(0.1, 0.9) * SIDE_PX), room)
        top = min(max(0, y - rng.uniform(0.1, 0.9) * SIDE_PX), room)
    canvas = np.empty((SIDE_PX * OVERSAMPLE, SIDE_PX * OVERSAMPLE, 3), np.uint8)
    canvas[:] = COLOURS[scene.background]
    for outline, colour in outlines:
        shifted = np.round((outline - (left, top)) * OVERSAMPLE).astype(np.int32)
        cv2.fillPoly(canvas, [shifted], COLOURS[colour])
    return cv2.resize(canvas, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.uint8)


def draw_outlines(scene: Scene, side_px: float, rng: random.Random) -> list[tuple[np.ndarray, str]]:
    """Returns the outline (n, 2) in px and the colour of every shape of a scene, slightly deviating."""
    shakes = {name: shake(rng) for name in PLACES}
    side = round(side_px)
    return [
        (contour(shape.kind, *place(shape, is_crowded(scene), side, side, shakes[shape.place])), shape.colour)
        for shape in scene.shapes
    ]


def along(outline: np.ndarray) -> list[tuple[float, float]]:
    """Returns points on the edges of an outline, the corners among them."""
    ends = np.roll(outline, -1, axis=0)
    return [tuple(point) for share in (0.0, 0.25, 0.5, 0.75) for point in outline + share * (ends - outline)]
