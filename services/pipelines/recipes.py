"""What draft, normal and best mean for a model: by name, limits and the few-step weights beside it."""

from __future__ import annotations

import re
from pathlib import Path

from limner.models.catalogue import find_entry
from limner.models.entry import Mode
from limner.models.recipe import QUALITIES, Recipe, StepCache, pick
from services.pipelines.catalogue import BUILT_IN, BUILT_IN_EDITOR, Model
from services.pipelines.loras import Choice
from services.rpc.errors import ModelUnreadable

LIGHTNING = "lightning"
_USUAL_LIGHTNING_STEPS = 8
_TOLD_STEPS = re.compile(r"(\d{1,2})-?steps", re.IGNORECASE)


def recipes_of(model: Model, *, is_spared: bool = True) -> tuple[Recipe, ...]:
    """Returns a recipe for each quality, the fastest first.

    Without `is_spared` every step is computed, and by the model's own weights.
    """
    recipes = _MEASURED.get(model.name) or _usual(model)
    if not is_spared:
        return tuple(recipe.without_sparing() for recipe in recipes)
    lightning = find_lightning(model.path)
    return (_fast(lightning), *recipes[1:]) if lightning is not None else recipes


def usual_steps(model: Model, quality: str) -> int:
    """Returns how many steps a request gets that names none; a quality that there is not counts as normal."""
    return pick(recipes_of(model), quality if quality in QUALITIES else Mode.NORMAL).steps


def find_lightning(path: Path) -> Path | None:
    """Returns the weights that make few steps do, which lie in a checkpoint's `adapters/lightning`."""
    return next(iter(sorted((path / "adapters" / LIGHTNING).rglob("*.safetensors"))), None)


def weights_of(adapter: str, model: Model) -> tuple[Choice, ...]:
    """Returns what a recipe's adapter adds to a model; raises ModelUnreadable if it is gone by now."""
    if not adapter:
        return ()
    path = find_lightning(model.path)
    if path is None:
        text = f"The few-step weights of {model.name} are gone from its folder adapters/{adapter}; try again."
        raise ModelUnreadable(text, path=model.path.name)
    return (Choice(adapter, path, 1.0),)


def _fast(lightning: Path) -> Recipe:
    told = _TOLD_STEPS.search(lightning.name)
    # Fewer than two end in a division by zero.
    steps = max(2, int(told[1])) if told else _USUAL_LIGHTNING_STEPS
    return Recipe(Mode.DRAFT, steps, 1.0, 1.0, adapter=LIGHTNING)


def _usual(model: Model) -> tuple[Recipe, ...]:
    """Returns the recipes of a model that cannot be measured here; what is published of caches is kept to."""
    entry, limits = find_entry(model.name), model.limits
    steps = {mode: limits.default_steps for mode in Mode} | {
        Mode.DRAFT: max(2, limits.default_steps * 2 // 5)
    }
    if entry is not None:
        # Where a preset needs weights beside the model's, those of the model alone need more steps.
        steps |= {preset.name: preset.steps for preset in entry.presets if not preset.adapter}
    scales = limits.default_guidance_scale, limits.default_edit_guidance_scale
    caches = {Mode.DRAFT: StepCache(4), Mode.NORMAL: StepCache(2), Mode.BEST: None}
    return tuple(Recipe(mode, steps[mode], *scales, caches[mode]) for mode in Mode)


# By `make bench-speed`.
_MEASURED = {
    BUILT_IN: (
        Recipe(Mode.DRAFT, 8, 4.0, 2.0),
        Recipe(Mode.NORMAL, 20, 4.0, 2.0, StepCache(3)),
        Recipe(Mode.BEST, 40, 4.0, 2.0),
    ),
    BUILT_IN_EDITOR: (
        Recipe(Mode.DRAFT, 10, 4.0, 2.0),
        Recipe(Mode.NORMAL, 20, 4.0, 2.0, StepCache(3)),
        Recipe(Mode.BEST, 40, 4.0, 2.0),
    ),
}
