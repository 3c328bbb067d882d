"""Reads an image back without a network and scores it against a request; says "unsure" rather than guess."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import cv2
import numpy as np
from PIL import Image

from services.shapes import sight
from services.shapes.captions import scene_from_caption
from services.shapes.scenes import Scene, Shape

__all__ = ["Found", "Reading", "Verdict", "judge", "read", "scene_from_caption"]


@dataclass(frozen=True, slots=True)
class Found:
    """One shape as seen; None where unsure. Confidence is the overlap with the ideal form, 0..1.

    Its centre is told in fractions of the picture's width and height.
    """

    kind: str | None
    colour: str | None
    place: str | None
    confidence: float
    centre: tuple[float, float]

    def shows(self, shape: Shape) -> bool:
        """Tells whether this is certainly the shape."""
        return (self.kind, self.colour, self.place) == (shape.kind, shape.colour, shape.place)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an image shows; a None anywhere means unsure."""

    background: str | None
    shapes: tuple[Found, ...]

    @property
    def unsure(self) -> bool:
        """True where any attribute could not be named."""
        return self.background is None or any(None in (s.kind, s.colour, s.place) for s in self.shapes)

    def scene(self) -> Scene:
        """Returns the scene that was read; raises ValueError where unsure."""
        if self.background is None or self.unsure:
            raise ValueError(f"The judge is unsure about {self}. Look at the None fields.")
        shapes = (Shape(str(found.kind), str(found.colour), str(found.place)) for found in self.shapes)
        return Scene(self.background, tuple(shapes))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which attributes of a request an image got right; what the judge is unsure of is not right."""

    background: bool
    count: bool
    kinds: bool
    colours: bool
    places: bool
    unsure: bool

    @property
    def right(self) -> bool:
        """True where the image shows exactly what was asked for."""
        return self.background and self.count and self.kinds and self.colours and self.places


def read(image: Image.Image) -> Reading:
    """Names background and shapes of an image of any size from about 64 px."""
    pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    seen = sight.lab(cv2.medianBlur(pixels, 3))
    ground = sight.find_ground(seen)
    if ground is None:
        return Reading(None, ())
    background = sight.name_colour(ground)
    shapes: list[Found] = []
    for blob in sight.find_blobs(seen, ground):
        colour = sight.name_colour(blob.colour)
        # A shade of the background is no shape: the world has none in its background's colour.
        if colour is None or colour != background:
            kind, confidence = sight.name_kind(blob)
            centre = sight.centre(blob, width, height)
            shapes.append(Found(kind, colour, sight.name_place(centre), confidence, centre))
    return Reading(background, tuple(shapes))


def judge(image: Image.Image, scene: Scene) -> Verdict:
    """Compares an image with the scene it should show, pairing shapes as favourably as possible."""
    reading = read(image)
    blank = Found(None, None, None, 0.0, (0.0, 0.0))
    found = (*reading.shapes, *[blank] * max(0, len(scene.shapes) - len(reading.shapes)))
    best = max(permutations(found, len(scene.shapes)), key=lambda order: sum(agree(scene, order)))
    kinds, colours, places = agree(scene, best)
    wanted = len(scene.shapes)
    return Verdict(
        background=reading.background == scene.background,
        count=len(reading.shapes) == wanted,
        kinds=kinds == wanted,
        colours=colours == wanted,
        places=places == wanted,
        unsure=reading.unsure,
    )


def agree(scene: Scene, found: tuple[Found, ...]) -> tuple[int, int, int]:
    """Counts the shapes whose kind, colour and place agree, paired in order."""
    pairs = list(zip(scene.shapes, found, strict=True))
    return (
        sum(a.kind == b.kind for a, b in pairs),
        sum(a.colour == b.colour for a, b in pairs),
        sum(a.place == b.place for a, b in pairs),
    )
