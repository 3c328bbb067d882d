"""What people write for an edit; every word but the first is one token of the shipped tokenizer."""

from __future__ import annotations

import random
from collections.abc import Sequence

from services.shapes.captions import PHRASES, article, phrase, punctuate
from services.shapes.edits import Add, Borrow, Edit, Move, Recolour, Reform, Remove, Repaint
from services.shapes.scenes import Scene, Shape

# One instruction in so many begins with the picture that it is about.
OPENING_SHARE = 12
COLOUR_WORDS = ("colour", "colour", "color")


def instruction(scene: Scene, edit: Edit, rng: random.Random | None = None) -> str:
    """Says an edit so that only one shape can be meant; canonically without `rng`, else as people vary it."""
    edit.apply(scene)
    forms = wordings(scene, edit, rng)
    if rng is None:
        return forms[0]
    text = rng.choice(forms)
    if rng.randrange(OPENING_SHARE) == 0:
        text = f"in {'Picture 1' if isinstance(edit, Borrow) else 'the image'}, {text}"
    return punctuate(text, rng)


def wordings(scene: Scene, edit: Edit, rng: random.Random | None) -> list[str]:
    """Returns the ways to say an edit, the canonical one first."""
    match edit:
        case Recolour():
            return recolour(pick(names(scene, edit.shape), rng), edit.colour, rng)
        case Reform():
            return reform(scene, edit, pick(names(scene, edit.shape), rng))
        case Remove():
            name = pick(names(scene, edit.shape), rng)
            return [f"remove {name}", f"remove {name} from the image", f"draw the image without {name}"]
        case Add():
            new = phrase(edit.shape, pick(PHRASES[edit.shape.place], rng))
            return [f"{verb} {new}" for verb in ("add", "put", "draw", "paint", "place")]
        case Move():
            return move(scene, edit, rng)
        case Repaint():
            word = pick(COLOUR_WORDS, rng)
            return [
                f"replace the background with {edit.colour}",
                f"make the background {edit.colour}",
                f"change the background to {edit.colour}",
                f"change the {word} of the background to {edit.colour}",
                f"turn the background {edit.colour}",
                f"paint the background {edit.colour}",
            ]
        case Borrow():
            lender = pick(names(edit.source, edit.lender), rng)
            lenders = [f"{lender} in Picture 2", f"{lender} from Picture 2", f"{lender} in the second image"]
            return borrow(edit, pick(names(scene, edit.shape), rng), pick(lenders, rng), rng)


def recolour(name: str, colour: str, rng: random.Random | None) -> list[str]:
    """Says another colour for a shape."""
    word = pick(COLOUR_WORDS, rng)
    return [
        f"make {name} {colour}",
        f"change the {word} of {name} to {colour}",
        f"turn {name} {colour}",
        f"paint {name} {colour}",
        f"change {name} to {colour}",
        f"make the {word} of {name} {colour}",
    ]


def reform(scene: Scene, edit: Reform, name: str) -> list[str]:
    """Says another kind for a shape; a replacement repeats the colour, which stays."""
    colour = edit.shape.colour
    forms = [
        f"turn {name} into a {edit.kind}",
        f"change {name} to a {edit.kind}",
        f"change {name} into a {edit.kind}",
        f"make {name} a {edit.kind}",
        f"replace {name} with {article(colour)} {colour} {edit.kind}",
    ]
    return [*forms, f"turn it into a {edit.kind}"] if len(scene.shapes) == 1 else forms


def move(scene: Scene, edit: Move, rng: random.Random | None) -> list[str]:
    """Says another place for a shape."""
    where = pick(PHRASES[edit.place], rng)
    to = where.split()[-1]
    name = pick(names(scene, edit.shape), rng)
    # Beside the new place, the old one would read as a second aim: "put the circle on the left at the top".
    plain = [other for other in names(scene, edit.shape) if len(other.split()) <= 3]
    forms = [f"move {name} to the {to}"]
    if plain:
        short = pick(plain, rng)
        old = pick(PHRASES[edit.shape.place], rng).split()[-1]
        forms += [
            f"put {short} {where}",
            f"place {short} {where}",
            f"move {short} from the {old} to the {to}",
        ]
    return forms


def borrow(edit: Borrow, name: str, lender: str, rng: random.Random | None) -> list[str]:
    """Says what a shape takes over from one in the second picture."""
    word = pick(COLOUR_WORDS, rng)
    if edit.trait == "look":
        return [f"replace {name} with {lender}", f"turn {name} into {lender}", f"swap {name} with {lender}"]
    trait = word if edit.trait == "colour" else "shape"
    return [
        f"make {name} the {trait} of {lender}",
        f"make {name} the same {trait} as {lender}",
        f"change the {trait} of {name} to the {trait} of {lender}",
        f"paint {name} in the {trait} of {lender}",
    ][: 4 if edit.trait == "colour" else 3]


def names(scene: Scene, shape: Shape) -> list[str]:
    """Returns the names that fit only this shape of the scene, from short to long."""
    fits = [
        (f"the {shape.kind}", [other.kind == shape.kind for other in scene.shapes]),
        (f"the {shape.colour} {shape.kind}", [same_look(other, shape) for other in scene.shapes]),
        (f"the {shape.colour} shape", [other.colour == shape.colour for other in scene.shapes]),
        ("the shape", [True for _ in scene.shapes]),
    ]
    return [name for name, fit in fits if sum(fit) == 1] + [
        f"the {noun} {where}"
        for where in PHRASES[shape.place]
        for noun in (shape.kind, f"{shape.colour} {shape.kind}", "shape")
    ]


def same_look(one: Shape, other: Shape) -> bool:
    """Tells whether two shapes differ at most in their place."""
    return (one.kind, one.colour) == (other.kind, other.colour)


def pick(options: Sequence[str], rng: random.Random | None) -> str:
    """Returns the first option, or with `rng` any: the earlier half, what people say most, twice as often."""
    if rng is None:
        return options[0]
    return rng.choice([*options, *options[: (len(options) + 1) // 2]])
