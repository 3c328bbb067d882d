"""What can be done to a scene: every edit is a frozen value that knows the scene it leads to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from services.shapes.scenes import COLOURS, KINDS, PLACES, Scene, Shape

Change: TypeAlias = tuple[Shape | None, Shape | None]
Trait: TypeAlias = Literal["colour", "kind", "look"]
TRAITS: tuple[Trait, ...] = ("colour", "kind", "look")
# The world's scenes have one or two shapes; only removing the last one leaves an empty ground.
MOST_SHAPES = 2


class ShapeEdit:
    """An edit that exchanges, adds or removes one shape."""

    __slots__ = ()

    @property
    def change(self) -> Change:
        """The shape before and after; None where there is none."""
        raise NotImplementedError

    def apply(self, scene: Scene) -> Scene:
        """Returns the edited scene; raises ValueError where the edit does not apply."""
        return exchange(scene, *self.change)


@dataclass(frozen=True, slots=True)
class Recolour(ShapeEdit):
    """Gives a shape another colour."""

    shape: Shape
    colour: str

    @property
    def change(self) -> Change:
        """The shape in its old and its new colour."""
        return self.shape, replace(self.shape, colour=self.colour)


@dataclass(frozen=True, slots=True)
class Reform(ShapeEdit):
    """Turns a shape into another kind."""

    shape: Shape
    kind: str

    @property
    def change(self) -> Change:
        """The shape of the old and of the new kind."""
        return self.shape, replace(self.shape, kind=self.kind)


@dataclass(frozen=True, slots=True)
class Remove(ShapeEdit):
    """Takes a shape away, even the only one."""

    shape: Shape

    @property
    def change(self) -> Change:
        """The shape, then nothing."""
        return self.shape, None


@dataclass(frozen=True, slots=True)
class Add(ShapeEdit):
    """Puts a shape in a free place."""

    shape: Shape

    @property
    def change(self) -> Change:
        """Nothing, then the shape."""
        return None, self.shape


@dataclass(frozen=True, slots=True)
class Move(ShapeEdit):
    """Moves a shape to a free place."""

    shape: Shape
    place: str

    @property
    def change(self) -> Change:
        """The shape in its old and its new place."""
        return self.shape, replace(self.shape, place=self.place)


@dataclass(frozen=True, slots=True)
class Borrow(ShapeEdit):
    """Gives a shape the colour, the kind or the whole look of one in a second picture."""

    shape: Shape
    source: Scene
    lender: Shape
    trait: Trait

    @property
    def change(self) -> Change:
        """The shape with its own and with the borrowed look."""
        kind = self.shape.kind if self.trait == "colour" else self.lender.kind
        colour = self.shape.colour if self.trait == "kind" else self.lender.colour
        return self.shape, Shape(kind, colour, self.shape.place)

    def apply(self, scene: Scene) -> Scene:
        """Returns the edited scene; raises ValueError where the edit does not apply to either picture."""
        if self.lender not in self.source.shapes:
            raise ValueError(f"Picture 2 shows no {spell(self.lender)}; it shows {contents(self.source)}.")
        return exchange(scene, *self.change)


@dataclass(frozen=True, slots=True)
class Repaint:
    """Gives the background another colour."""

    colour: str

    @property
    def change(self) -> Change:
        """No shape changes."""
        return None, None

    def apply(self, scene: Scene) -> Scene:
        """Returns the scene on the new background; raises ValueError where a shape would vanish in it."""
        if self.colour not in COLOURS:
            raise ValueError(f"No colour named {self.colour!r}. Known: {', '.join(COLOURS)}.")
        if self.colour == scene.background:
            raise ValueError(f"The background is {self.colour} already; choose another colour.")
        if hidden := [shape for shape in scene.shapes if shape.colour == self.colour]:
            raise ValueError(f"The {spell(hidden[0])} would vanish on {self.colour}; choose another colour.")
        return Scene(self.colour, scene.shapes)


Edit: TypeAlias = Recolour | Reform | Remove | Add | Move | Repaint | Borrow
EDITS: tuple[type[Edit], ...] = (Recolour, Reform, Remove, Add, Move, Repaint, Borrow)


def exchange(scene: Scene, old: Shape | None, new: Shape | None) -> Scene:
    """Returns the scene with `new` for `old`; raises ValueError where that is no scene of the world."""
    if old is not None and old not in scene.shapes:
        raise ValueError(f"The picture shows no {spell(old)}; it shows {contents(scene)}.")
    others = tuple(shape for shape in scene.shapes if shape != old)
    if new is None:
        return Scene(scene.background, others)
    if new == old:
        raise ValueError(f"The {spell(new)} is so already; ask for something else.")
    check(new, scene.background, others)
    if old is None:
        return Scene(scene.background, (*scene.shapes, new))
    return Scene(scene.background, tuple(new if shape == old else shape for shape in scene.shapes))


def check(new: Shape, background: str, others: tuple[Shape, ...]) -> None:
    """Raises ValueError where the world has no place for a shape beside the others."""
    for name, known in ((new.kind, KINDS), (new.colour, COLOURS), (new.place, PLACES)):
        if name not in known:
            raise ValueError(f"The world has no {name!r}. Known: {', '.join(known)}.")
    if len(others) >= MOST_SHAPES:
        raise ValueError(f"The picture has {len(others)} shapes already; remove one first.")
    if new.colour == background:
        raise ValueError(f"A {new.colour} shape would vanish on its background; choose another colour.")
    if taken := [shape for shape in others if shape.place == new.place]:
        raise ValueError(f"The {spell(taken[0])} is there already; choose another place.")


def spell(shape: Shape) -> str:
    """Says a shape within an error message: "red circle (left)"."""
    return f"{shape.colour} {shape.kind} ({shape.place})"


def contents(scene: Scene) -> str:
    """Lists the shapes of a scene within an error message."""
    return ", ".join(map(spell, scene.shapes)) or "nothing"
