"""Paints a scene without a model: the ground truth that the model learns and the judge is measured on."""

from __future__ import annotations

import random
from typing import TypeAlias

import cv2
import numpy as np
from PIL import Image

from services.shapes.scenes import COLOURS, PLACES, Scene, Shape

# Painted this many times larger and averaged down, so that edges are smooth.
OVERSAMPLE = 4
# Fractions of the shorter side: radii, and the largest shift. Neighbours of the centre never touch it.
RADIUS_ROOMY, RADIUS_CROWDED = (0.13, 0.15), (0.105, 0.116)
JITTER = 0.012

Shake: TypeAlias = tuple[float, float, float]


def render(scene: Scene, width: int, height: int, seed: int | None = None) -> Image.Image:
    """Paints a scene in `width`x`height` px; a seed moves and resizes the shapes a little."""
    return Image.fromarray(paint(scene, width, height, None if seed is None else random.Random(seed)))


def paint(scene: Scene, width: int, height: int, rng: random.Random | None) -> np.ndarray:
    """Paints a scene as uint8 RGB (height, width, 3); equal generators shake equal places equally."""
    shakes = {name: shake(rng) for name in PLACES}
    canvas = np.empty((height * OVERSAMPLE, width * OVERSAMPLE, 3), np.uint8)
    canvas[:] = COLOURS[scene.background]
    for shape in scene.shapes:
        x, y, radius = place(shape, is_crowded(scene), width, height, shakes[shape.place])
        outline = contour(shape.kind, x, y, radius)
        cv2.fillPoly(canvas, [np.round(outline * OVERSAMPLE).astype(np.int32)], COLOURS[shape.colour])
    return cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA)


def is_crowded(scene: Scene) -> bool:
    """Tells whether shapes are direct neighbours: two of them, one in the centre."""
    return len(scene.shapes) > 1 and any(shape.place == "centre" for shape in scene.shapes)


def shake(rng: random.Random | None) -> Shake:
    """Draws how a shape deviates: its size in 0..1, its shifts to the right and down in -1..1."""
    return (rng.random(), rng.uniform(-1, 1), rng.uniform(-1, 1)) if rng else (0.5, 0.0, 0.0)


def place(shape: Shape, crowded: bool, width: int, height: int, shake: Shake) -> tuple[float, float, float]:
    """Returns centre and radius in px of a shape."""
    low, high = RADIUS_CROWDED if crowded else RADIUS_ROOMY
    size, shift_x, shift_y = shake
    across, down = PLACES[shape.place]
    short = min(width, height)
    x, y = across * width + shift_x * JITTER * short, down * height + shift_y * JITTER * short
    return x, y, (low + size * (high - low)) * short


def contour(kind: str, x: float, y: float, radius: float) -> np.ndarray:
    """Returns the outline (n, 2) in px of a shape around (x, y)."""
    if kind == "circle":
        return ring(x, y, np.linspace(-np.pi / 2, 1.5 * np.pi, 96, endpoint=False), radius)
    if kind == "square":
        half = radius * 0.9
        return np.array(
            [(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)]
        )
    if kind == "triangle":
        # Shifted down, so that the bounding box is centred on the place.
        return ring(x, y + radius * 0.25, -np.pi / 2 + np.arange(3) * 2 * np.pi / 3, radius * 1.1)
    radii = np.where(np.arange(10) % 2 == 0, radius * 1.25, radius * 0.5)
    return ring(x, y + radius * 0.05, -np.pi / 2 + np.arange(10) * np.pi / 5, radii)


def ring(x: float, y: float, angles: np.ndarray, radii: np.ndarray | float) -> np.ndarray:
    """Returns points at the given angles (radians, clockwise from the right) and radii around (x, y)."""
    return np.stack([x + radii * np.cos(angles), y + radii * np.sin(angles)], axis=1)
