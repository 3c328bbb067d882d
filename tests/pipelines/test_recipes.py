"""What a quality means for the models that there are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from limner.models.entry import Mode
from limner.models.recipe import QUALITIES, pick
from services.pipelines.catalogue import Model
from services.pipelines.description import describe_model
from services.pipelines.recipes import recipes_of, usual_steps
from services.pipelines.stock import read_catalogue

SHAPES = read_catalogue(None).find("shapes")
PARTS = ("transformer",)


@pytest.fixture
def large(tmp_path: Path) -> Model:
    """A model of the catalogue, whose folder is at hand."""
    limits = replace(SHAPES.limits, default_steps=50)
    return replace(SHAPES, name="Qwen-Image", path=tmp_path / "Qwen-Image", limits=limits)


def put_lightning(model: Model, name: str) -> None:
    slot = model.path / "adapters" / "lightning" / "nested"
    slot.mkdir(parents=True)
    (slot / name).touch()


@pytest.mark.parametrize("name", [model.name for model in read_catalogue(None).models])
def test_every_built_in_model_has_a_measured_recipe_for_each_quality(name: str) -> None:
    recipes = recipes_of(read_catalogue(None).find(name))
    assert tuple(recipe.mode.value for recipe in recipes) == QUALITIES
    assert pick(recipes, "normal").steps == SHAPES.limits.default_steps


def test_few_steps_are_drafted_once_their_weights_are_there(large: Model) -> None:
    before = pick(recipes_of(large), "draft")
    assert (before.adapter, before.guidance_scale) == ("", 4.0)
    put_lightning(large, "Qwen-Image-Lightning-4steps-V2.0-bf16.safetensors")
    draft, normal, best = recipes_of(large)
    assert (draft.adapter, draft.steps, draft.guidance_scale, draft.cache) == ("lightning", 4, 1.0, None)
    assert (normal.adapter, best.adapter) == ("", "")


def test_weights_that_do_not_tell_their_steps_get_eight(large: Model) -> None:
    put_lightning(large, "distilled.safetensors")
    assert usual_steps(large, "draft") == 8


def test_who_cannot_spare_steps_computes_them_all_by_the_models_own_weights(large: Model) -> None:
    put_lightning(large, "Qwen-Image-Lightning-8steps-V2.0-bf16.safetensors")
    for recipe in recipes_of(large, is_spared=False):
        assert (recipe.cache, recipe.adapter, recipe.computed_steps) == (None, "", recipe.steps)


def test_a_quality_that_there_is_not_has_the_steps_of_normal() -> None:
    assert usual_steps(SHAPES, "ultra") == usual_steps(SHAPES, "") == 20


def test_a_description_tells_what_each_quality_costs() -> None:
    described = describe_model(SHAPES, PARTS)
    draft, normal, best = described.presets
    assert [preset.quality for preset in described.presets] == list(QUALITIES)
    assert (normal.relative_seconds, described.default_steps) == (1, normal.steps)
    assert draft.relative_seconds < 1 < best.relative_seconds
    assert pick(recipes_of(SHAPES), Mode.NORMAL).computed_steps == normal.computed_steps < normal.steps
