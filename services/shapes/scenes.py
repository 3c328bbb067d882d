"""The closed world of the built-in model: one or two coloured shapes in named places on a background."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

# sRGB. Chosen far apart, so that no shape fades on any background (the closest pair is red and orange).
COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (205, 10, 40),
    "orange": (255, 135, 20),
    "yellow": (255, 235, 60),
    "green": (10, 150, 60),
    "blue": (30, 70, 225),
    "purple": (135, 30, 165),
    "black": (15, 15, 15),
    "white": (250, 250, 250),
}
KINDS = ("circle", "square", "triangle", "star")
# Centre of each place, as fractions of width and height.
PLACES: dict[str, tuple[float, float]] = {
    "left": (0.2, 0.5),
    "right": (0.8, 0.5),
    "top": (0.5, 0.2),
    "bottom": (0.5, 0.8),
    "centre": (0.5, 0.5),
}
# One scene in UNSEEN_SHARE is never trained on.
UNSEEN_SHARE = 10


@dataclass(frozen=True, slots=True, order=True)
class Shape:
    """One coloured shape in one named place."""

    kind: str
    colour: str
    place: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One or two shapes, each in its own place and none in the background's colour."""

    background: str
    shapes: tuple[Shape, ...]


def key(scene: Scene) -> str:
    """Names a scene independently of the order of its shapes."""
    shapes = sorted(f"{s.place} {s.colour} {s.kind}" for s in scene.shapes)
    return " + ".join([scene.background, *shapes])


def is_unseen(scene: Scene) -> bool:
    """Tells whether a scene is kept out of training: one in ten, by a hash of its key."""
    return hashlib.sha256(key(scene).encode()).digest()[1] % UNSEEN_SHARE == 0


def singles() -> Iterator[Scene]:
    """Yields every scene with one shape."""
    for background, colour, kind, place in product(COLOURS, COLOURS, KINDS, PLACES):
        if colour != background:
            yield Scene(background, (Shape(kind, colour, place),))


def pairs() -> Iterator[Scene]:
    """Yields every scene with two shapes, each pair of places once."""
    for background in COLOURS:
        looks = [(kind, colour) for kind in KINDS for colour in COLOURS if colour != background]
        for (one, other), a, b in product(combinations(PLACES, 2), looks, looks):
            yield Scene(background, (Shape(*a, one), Shape(*b, other)))


def draw_scene(rng: random.Random, unseen: bool = False) -> Scene:
    """Draws a scene of the wanted split: three in ten have one shape; white is the commonest background."""
    while True:
        background = "white" if rng.random() < 0.15 else rng.choice(list(COLOURS))
        colours = [name for name in COLOURS if name != background]
        places = rng.sample(list(PLACES), 1 if rng.random() < 0.3 else 2)
        scene = Scene(background, tuple(Shape(rng.choice(KINDS), rng.choice(colours), p) for p in places))
        if is_unseen(scene) == unseen:
            return scene


def requests(count: int, seed: int = 0) -> list[Scene]:
    """Returns `count` different scenes that training never saw, the same ones for the same seed."""
    rng = random.Random(seed)
    drawn: dict[object, Scene] = {}
    while len(drawn) < count:
        scene = draw_scene(rng, unseen=True)
        drawn.setdefault(key(scene), scene)
    return list(drawn.values())
