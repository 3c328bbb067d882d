"""What a capability offers, as `Describe` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version

from limner.capability.v1.capability_pb2 import Model, Preset
from limner.image.v1.image_pb2 import Size
from limner.models.entry import Mode
from limner.models.recipe import Recipe, estimate_seconds, pick
from limner.models.weighing import read_sizes
from services.pipelines import sizing
from services.pipelines.catalogue import Model as Entry
from services.pipelines.recipes import recipes_of


def read_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Names the installed versions without importing anything."""
    return {name: _version(name) for name in libraries}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def describe_model(entry: Entry, parts: tuple[str, ...], *, is_spared: bool = True) -> Model:
    """Returns a model with its limits; `parts` are the folders whose weights are loaded.

    `is_spared` as in `services.pipelines.recipes`.
    """
    limits, recipes = entry.limits, recipes_of(entry, is_spared=is_spared)
    normal = pick(recipes, Mode.NORMAL)
    return Model(
        name=entry.name,
        title=entry.title,
        license=entry.license,
        commercial_use=entry.commercial_use,
        revision=entry.revision,
        weight_bytes=read_sizes(entry.name, entry.revision, entry.path, parts).file_bytes,
        native_size=Size(width=limits.native_width_px, height=limits.native_height_px),
        min_side_px=limits.min_side_px,
        max_side_px=limits.max_side_px,
        size_multiple_px=limits.size_multiple_px,
        default_steps=normal.steps,
        default_guidance_scale=normal.guidance_scale,
        default_edit_guidance_scale=normal.edit_guidance_scale,
        tiers=sizing.tiers_of(entry),
        example_prompts=entry.example_prompts,
        features=sorted(entry.skills),
        presets=[_describe_recipe(recipe, recipes) for recipe in recipes],
    )


def _describe_recipe(recipe: Recipe, recipes: tuple[Recipe, ...]) -> Preset:
    return Preset(
        quality=recipe.mode.value,
        steps=recipe.steps,
        guidance_scale=recipe.guidance_scale,
        edit_guidance_scale=recipe.edit_guidance_scale,
        computed_steps=recipe.computed_steps,
        adapter=recipe.adapter,
        relative_seconds=estimate_seconds(recipe, recipes),
        measured=recipe.relative_seconds is not None,
        adherence=recipe.adherence or 0,
    )
