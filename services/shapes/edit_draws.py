"""Draws edits, and keeps one part of them out of training."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence

from services.shapes.edits import (
    EDITS,
    MOST_SHAPES,
    TRAITS,
    Add,
    Borrow,
    Edit,
    Move,
    Recolour,
    Reform,
    Remove,
    Repaint,
)
from services.shapes.scenes import (
    COLOURS,
    KINDS,
    PLACES,
    UNSEEN_SHARE,
    Scene,
    Shape,
    draw_scene,
    is_unseen,
    key,
)

# Only scenes of one shape, three in ten, have room for another: there, adding is drawn more often.
ADD_WEIGHT = 3
# A second picture that lends what the first has already is drawn again, at most this often.
BORROW_TRIES = 100


def edit_key(scene: Scene, edit: Edit) -> str:
    """Names the pair of pictures, so that every wording and every lender of one change share the split."""
    return f"{key(scene)} -> {key(edit.apply(scene))}"


def is_unseen_edit(scene: Scene, edit: Edit) -> bool:
    """Tells whether a pair is kept out of training: one of its pictures is, or its key's hash says so."""
    pictures = [scene, edit.apply(scene), *([edit.source] if isinstance(edit, Borrow) else [])]
    digest = hashlib.sha256(edit_key(scene, edit).encode()).digest()
    return any(map(is_unseen, pictures)) or digest[1] % UNSEEN_SHARE == 0


def single_edits(scene: Scene) -> Iterator[Edit]:
    """Yields every edit with one picture that applies to a scene."""
    free = [place for place in PLACES if place not in {shape.place for shape in scene.shapes}]
    visible = [colour for colour in COLOURS if colour != scene.background]
    for shape in scene.shapes:
        yield from (Recolour(shape, colour) for colour in visible if colour != shape.colour)
        yield from (Reform(shape, kind) for kind in KINDS if kind != shape.kind)
        yield from (Move(shape, place) for place in free)
        yield Remove(shape)
    if len(scene.shapes) < MOST_SHAPES:
        yield from (Add(Shape(k, c, place)) for k in KINDS for c in visible for place in free)
    taken = {shape.colour for shape in scene.shapes}
    yield from (Repaint(colour) for colour in visible if colour not in taken)


def draw_edit(
    scene: Scene, rng: random.Random, unseen: bool = False, kinds: Sequence[type[Edit]] = EDITS
) -> Edit:
    """Draws an edit of the wanted split that applies; raises ValueError where none of `kinds` does."""
    if is_unseen(scene) and not unseen:
        raise ValueError(f"The scene {key(scene)!r} is kept out of training; draw it with unseen=True.")
    singles = list(single_edits(scene))
    left: list[type[Edit]] = [kind for kind in kinds for _ in range(ADD_WEIGHT if kind is Add else 1)]
    while left:
        kind = rng.choice(left)
        edit = (
            draw_borrow(scene, rng, unseen) if kind is Borrow else draw_of(kind, singles, scene, rng, unseen)
        )
        if edit is not None:
            return edit
        left = [other for other in left if other is not kind]
    names = ", ".join(kind.__name__ for kind in kinds)
    raise ValueError(f"None of {names} applies to {key(scene)!r} in this split.")


def draw_of(
    kind: type[Edit], singles: list[Edit], scene: Scene, rng: random.Random, unseen: bool
) -> Edit | None:
    """Draws one edit of a kind and of the wanted split, or None where there is none."""
    edits = [edit for edit in singles if isinstance(edit, kind)]
    # In random order until one fits: telling the split of an edit costs three hashes.
    return next(
        (edit for edit in rng.sample(edits, len(edits)) if is_unseen_edit(scene, edit) == unseen), None
    )


def draw_borrow(scene: Scene, rng: random.Random, unseen: bool) -> Borrow | None:
    """Draws a second picture of the same split and what to borrow from it, or None where nothing can be."""
    for _ in range(BORROW_TRIES if scene.shapes else 0):
        source = draw_scene(rng, unseen)
        edit = Borrow(rng.choice(scene.shapes), source, rng.choice(source.shapes), rng.choice(TRAITS))
        if applies(edit, scene) and is_unseen_edit(scene, edit) == unseen:
            return edit
    return None


def applies(edit: Edit, scene: Scene) -> bool:
    """Tells whether an edit leads from the scene to another scene of the world."""
    try:
        edit.apply(scene)
    except ValueError:
        return False
    return True


def edit_requests(count: int, seed: int = 0, kinds: Sequence[type[Edit]] = EDITS) -> list[tuple[Scene, Edit]]:
    """Returns `count` different edits of scenes that training never saw, the same ones for the same seed."""
    rng = random.Random(seed)
    drawn: dict[str, tuple[Scene, Edit]] = {}
    while len(drawn) < count:
        scene = draw_scene(rng, unseen=True)
        if any(kind is not Add for kind in kinds) or len(scene.shapes) < MOST_SHAPES:
            edit = draw_edit(scene, rng, unseen=True, kinds=kinds)
            drawn.setdefault(edit_key(scene, edit), (scene, edit))
    return list(drawn.values())
