"""What people write for a scene, and the way back from the text to the scene."""

from __future__ import annotations

import random
import re

from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene, Shape

PHRASES: dict[str, tuple[str, ...]] = {
    "left": ("on the left",),
    "right": ("on the right",),
    "top": ("at the top",),
    "bottom": ("at the bottom",),
    "centre": ("in the centre", "in the center", "in the middle"),
}
JOINS = (" and ", ", ", " and ", " with ")
SYNONYMS = {"center": "centre", "middle": "centre"}
_SHAPE = re.compile(
    rf"({'|'.join(COLOURS)}) ({'|'.join(KINDS)})\s+(?:on|at|in) the ({'|'.join([*PLACES, *SYNONYMS])})"
)
_GROUND = re.compile(rf"({'|'.join(COLOURS)}) background")


def caption(scene: Scene, rng: random.Random | None = None) -> str:
    """Describes a scene: canonically without `rng`, else in one of the phrasings that people use."""
    if rng is None:
        phrases = [phrase(shape, PHRASES[shape.place][0]) for shape in scene.shapes]
        return f"{' and '.join(phrases)}, {scene.background} background"
    shapes = rng.sample(scene.shapes, len(scene.shapes))
    text = rng.choice(JOINS).join(phrase(shape, rng.choice(PHRASES[shape.place])) for shape in shapes)
    return punctuate(frame(text, scene.background, rng), rng)


def phrase(shape: Shape, where: str) -> str:
    """Says one shape: "an orange star at the top"."""
    return f"{article(shape.colour)} {shape.colour} {shape.kind} {where}"


def frame(text: str, background: str, rng: random.Random) -> str:
    """Adds the background in one of four ways; a white one may go unsaid."""
    if background == "white" and rng.random() < 0.4:
        return text
    forms = (
        f"{text}, {background} background",
        f"{text}, {background} background",
        f"{text} on {article(background)} {background} background",
        f"{background} background, {text}",
    )
    return rng.choice(forms)


def punctuate(text: str, rng: random.Random) -> str:
    """Starts one text in ten with a capital, and ends one in ten with a full stop."""
    text = text[0].upper() + text[1:] if rng.random() < 0.1 else text
    return text + "." if rng.random() < 0.1 else text


def article(word: str) -> str:
    """Returns the indefinite article of a colour."""
    return "an" if word == "orange" else "a"


def scene_from_caption(text: str) -> Scene:
    """Reads the scene that a caption describes; an unsaid background is white."""
    plain = " ".join(text.lower().split())
    shapes = tuple(
        Shape(kind, colour, SYNONYMS.get(place) or place) for colour, kind, place in _SHAPE.findall(plain)
    )
    if not shapes:
        raise ValueError(
            f"No shape found in {text!r}. Say for example 'a red circle on the left, white background'."
        )
    ground = _GROUND.search(plain)
    return Scene(ground.group(1) if ground else "white", shapes)
