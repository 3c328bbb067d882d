"""How a model paints in one mode, and what that costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from limner.models.entry import Mode

QUALITIES = tuple(mode.value for mode in Mode)

# Between the few steps of a short schedule too much happens to be guessed.
_SPARED_FROM_STEPS = 20
_AMONG_STEPS = 40
_LONGEST = 5


@dataclass(frozen=True, slots=True)
class StepCache:
    """Computes some steps and extrapolates the others from them, as TaylorSeer does (arXiv 2503.06923).

    The first `lead` steps, which place everything, and the last `tail` are all computed.
    """

    interval: int  # of forty steps so many make one that is computed; of shorter ones fewer
    order: int = 1  # of the polynomial
    lead: int = 6
    tail: int = 1

    def computes(self, step: int, steps: int) -> bool:
        """Tells whether step `step` of `steps`, from 0, is computed."""
        if steps < _SPARED_FROM_STEPS or step < self.lead or step >= steps - self.tail:
            return True
        return (step - self.lead + 1) % self.interval_at(steps) == 0

    def interval_at(self, steps: int) -> int:
        """Returns how many of `steps` make one that is computed."""
        return min(_LONGEST, max(2, round(self.interval * steps / _AMONG_STEPS)))

    def count(self, steps: int) -> int:
        """Returns how many of `steps` are computed."""
        return sum(self.computes(step, steps) for step in range(steps))


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a mode means for a model; what a request says of steps and guidance comes first."""

    mode: Mode
    steps: int
    guidance_scale: float
    edit_guidance_scale: float  # of instructions
    cache: StepCache | None = None  # which steps are spared
    adapter: str = ""  # weights that make few steps do, on a schedule of their own; empty: none
    relative_seconds: float | None = None  # of normal's, as measured; None: not measured
    adherence: float | None = None  # share of requests painted as asked, as measured; None: not measured

    @property
    def computed_steps(self) -> int:
        """How many of the steps the transformer computes."""
        return count_computed(self.cache, self.steps)

    @property
    def passes(self) -> int:
        """How often the transformer computes: with guidance two times a step."""
        return self.computed_steps * (2 if self.guidance_scale > 1 else 1)

    def without_sparing(self) -> Recipe:
        """Returns the same with every step computed, which takes longer than was measured."""
        if self.cache is None:
            return self
        return replace(self, cache=None, relative_seconds=None, adherence=None)


def count_computed(cache: StepCache | None, steps: int) -> int:
    """Returns how many of `steps` are computed where `cache` spares some."""
    return cache.count(steps) if cache is not None else steps


def pick(recipes: Iterable[Recipe], quality: str) -> Recipe:
    """Returns the recipe of that quality, or of normal where it is empty; raises KeyError."""
    return {recipe.mode.value: recipe for recipe in recipes}[quality or Mode.NORMAL]


def estimate_seconds(recipe: Recipe, recipes: Iterable[Recipe]) -> float:
    """Returns how long a recipe takes in units of normal: as measured, or as its passes say."""
    if recipe.relative_seconds is not None:
        return recipe.relative_seconds
    return recipe.passes / pick(recipes, Mode.NORMAL).passes
