"""Compares a picture before and after an edit: what had to change did, and everything else is kept."""

from __future__ import annotations

from dataclasses import dataclass
from math import dist

from PIL import Image

from services.shapes.edits import Edit, Repaint
from services.shapes.judge import Found, Reading, read
from services.shapes.scenes import Scene, Shape

# What is kept may move this far, in fractions of the sides: an edit that makes or ends a crowd resizes
# shapes, and box centres are exact to a pixel or two.
SHIFT = 0.04


@dataclass(frozen=True, slots=True)
class EditVerdict:
    """What an edit did; what the judge is unsure of is neither changed nor kept."""

    changed: bool
    kept: bool
    unsure: bool

    @property
    def right(self) -> bool:
        """True where the change was made and nothing else."""
        return self.changed and self.kept


def judge_edit(before: Image.Image, after: Image.Image, scene: Scene, edit: Edit) -> EditVerdict:
    """Compares the picture of a scene with what an edit made of it."""
    first, second = read(before), read(after)
    old, new = edit.change
    others = [shape for shape in scene.shapes if shape != old]
    wanted = edit.apply(scene)
    changed = (
        second.background == wanted.background if isinstance(edit, Repaint) else swapped(second, old, new)
    )
    kept = (
        (isinstance(edit, Repaint) or second.background == scene.background)
        and len(second.shapes) <= len(wanted.shapes)
        and all(stays(shape, first, second) for shape in others)
    )
    return EditVerdict(changed, kept, second.unsure)


def swapped(after: Reading, old: Shape | None, new: Shape | None) -> bool:
    """Tells whether the new shape is there and the old one is not, nor another where it was."""
    if new is not None and find(new, after) is None:
        return False
    if old is None or (new is not None and new.place == old.place):
        return True
    return all(found.place not in (old.place, None) for found in after.shapes)


def stays(shape: Shape, before: Reading, after: Reading) -> bool:
    """Tells whether both pictures show a shape, and at the same spot."""
    was, still = find(shape, before), find(shape, after)
    return was is not None and still is not None and dist(was.centre, still.centre) <= SHIFT


def find(shape: Shape, reading: Reading) -> Found | None:
    """Returns what certainly is the shape, if anything."""
    return next((found for found in reading.shapes if found.shows(shape)), None)
