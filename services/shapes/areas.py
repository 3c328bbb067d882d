"""Parts of a picture that someone points at: to be painted anew, or to have a prompt of their own."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.shapes.flow import TOKEN_PX
from services.shapes.scenes import PLACES

# How far an area reaches from a place to each side, in fractions of the picture's shorter side. The largest
# shape, a star with its shift, reaches 0.2.
SNUG, LOOSE = (0.2, 0.26), (0.2, 0.4)
# A pixel of latents covers a square with this edge.
LATENT_PX = 8


@dataclass(frozen=True, slots=True)
class Area:
    """A box or the ellipse in it, in px of a picture of `size`; its edges may lie outside."""

    size: tuple[int, int]
    box: tuple[float, float, float, float]
    is_round: bool = False

    def draw(self) -> NDArray[Any]:
        """Draws the area (h, w) in uint8: 255 inside, 0 outside."""
        mask = np.zeros((self.size[1], self.size[0]), np.uint8)
        left, top, right, bottom = self.box
        if self.is_round:
            middle, across = ((left + right) / 2, (top + bottom) / 2), (right - left, bottom - top)
            cv2.ellipse(mask, (middle, across, 0.0), 255, -1)
        else:
            mask[max(0, round(top)) : max(0, round(bottom)), max(0, round(left)) : max(0, round(right))] = 255
        return mask

    def image(self) -> Image.Image:
        """Returns the area as pipelines take it: RGB, white inside."""
        return Image.fromarray(self.draw()).convert("RGB")

    def tokens(self) -> NDArray[Any]:
        """Tells which of the transformer's tokens are inside, as DiffSynth's entity masks do."""
        width, height = self.size
        latent = self.image().resize((width // LATENT_PX, height // LATENT_PX), Image.Resampling.NEAREST)
        inside = np.asarray(latent)[..., 0] > 127
        parts = TOKEN_PX // LATENT_PX
        return inside.reshape(height // TOKEN_PX, parts, width // TOKEN_PX, parts).any((1, 3)).reshape(-1)


def draw_area(
    place: str, size: tuple[int, int], rng: random.Random, reaches: tuple[float, float] = SNUG
) -> Area:
    """Draws a box or an ellipse that has room for any shape in a place."""
    short, (across, down) = min(size), PLACES[place]
    x, y = across * size[0], down * size[1]
    left, top, right, bottom = (rng.uniform(*reaches) * short for _ in range(4))
    return Area(size, (x - left, y - top, x + right, y + bottom), rng.random() < 0.4)


def draw_anywhere(size: tuple[int, int], rng: random.Random) -> Area:
    """Draws an area without regard to places, up to the whole picture."""
    edges: list[tuple[float, float]] = []
    for side in size:
        extent = rng.uniform(0.15, 1.0) * side
        start = rng.uniform(-0.1 * side, 1.1 * side - extent)
        edges.append((start, start + extent))
    (left, right), (top, bottom) = edges
    return Area(size, (left, top, right, bottom), rng.random() < 0.4)
