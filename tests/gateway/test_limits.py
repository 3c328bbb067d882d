from __future__ import annotations

import pytest

from gateway import limits, refusals
from gateway.requests import MAX_SEED, ImageEditRequest, Quality, TextToImageRequest
from gateway.schemas import Model, Preset
from gateway.views import show_model
from tests.gateway.scripted import describe


@pytest.fixture
def models() -> list[Model]:
    return [show_model(model) for model in describe().models]


def test_a_bare_prompt_gets_the_defaults_of_the_first_model(models: list[Model]) -> None:
    whole = limits.fill_in(TextToImageRequest(prompt="a red circle"), models)
    assert (whole.model, whole.width, whole.height) == ("shapes", 128, 128)
    assert (whole.steps, whole.guidance_scale) == (20, 4.0)


def test_what_is_asked_for_stays(models: list[Model]) -> None:
    asked = TextToImageRequest(prompt="x", width=64, height=256, steps=3, guidance_scale=1.0, model="shapes")
    assert limits.fill_in(asked, models) == asked


def test_a_quality_stands_for_the_steps_and_the_guidance_of_its_preset(models: list[Model]) -> None:
    draft = limits.fill_in(TextToImageRequest(prompt="x", quality="draft"), with_presets(models))
    assert (draft.quality, draft.steps, draft.guidance_scale) == ("draft", 8, 1.0)
    bare = limits.fill_in(TextToImageRequest(prompt="x"), with_presets(models))
    assert (bare.quality, bare.steps, bare.guidance_scale) == ("normal", 30, 3.0)


def test_an_instruction_gets_the_guidance_of_instructions(models: list[Model]) -> None:
    editing = [model.model_copy(update={"features": ["edit"]}) for model in with_presets(models)]
    edit = limits.fill_in(ImageEditRequest(prompt="x", images=["0" * 64]), editing)
    assert (edit.steps, edit.guidance_scale) == (30, 1.5)


def test_what_is_said_of_steps_and_guidance_comes_before_the_quality(models: list[Model]) -> None:
    asked = TextToImageRequest(prompt="x", quality="draft", steps=12, guidance_scale=2.0)
    whole = limits.fill_in(asked, with_presets(models))
    assert (whole.quality, whole.steps, whole.guidance_scale) == ("draft", 12, 2.0)


def with_presets(models: list[Model]) -> list[Model]:
    presets = [preset("draft", 8, 1.0, 1.0), preset("normal", 30, 3.0, 1.5)]
    return [model.model_copy(update={"presets": presets}) for model in models]


def preset(quality: Quality, steps: int, guidance_scale: float, edit_guidance_scale: float) -> Preset:
    return Preset(
        quality=quality,
        steps=steps,
        guidance_scale=guidance_scale,
        edit_guidance_scale=edit_guidance_scale,
        computed_steps=steps,
        adapter=None,
        relative_seconds=1.0,
        measured=False,
        adherence=None,
    )


@pytest.mark.parametrize(("width", "fix"), [(48, "try 64"), (272, "try 256")])
def test_a_size_outside_the_model_names_the_nearest_one(models: list[Model], width: int, fix: str) -> None:
    with pytest.raises(refusals.Refused, match=fix) as caught:
        limits.fill_in(TextToImageRequest(prompt="x", width=width), models)
    assert [problem.field for problem in caught.value.problems] == ["width"]


def test_an_unknown_model_names_the_known_ones(models: list[Model]) -> None:
    with pytest.raises(refusals.Refused, match="known: shapes"):
        limits.fill_in(TextToImageRequest(prompt="x", model="shape"), models)


@pytest.mark.parametrize("prompt", [" ", "\n\t", "\u3000"])
def test_a_blank_prompt_is_refused(prompt: str) -> None:
    with pytest.raises(refusals.Refused, match="prompt is blank"):
        limits.check_form(TextToImageRequest(prompt=prompt))


def test_a_control_character_is_named() -> None:
    with pytest.raises(refusals.Refused, match=r"negative_prompt contains the control character U\+0000"):
        limits.check_form(TextToImageRequest(prompt="x", negative_prompt="a\0b"))


def test_seeds_must_not_count_beyond_the_largest() -> None:
    limits.check_form(TextToImageRequest(prompt="x", seed=MAX_SEED))
    with pytest.raises(refusals.Refused, match=f"take at most {MAX_SEED - 1}"):
        limits.check_form(TextToImageRequest(prompt="x", seed=MAX_SEED, count=2))


@pytest.mark.parametrize(("value", "words"), [(20, "16 or 32"), (8, "16"), (99, "64"), (32, "32")])
def test_the_allowed_neighbours_are_named(value: int, words: str) -> None:
    assert refusals.multiples_beside(value, 16, 16, 64) == words
