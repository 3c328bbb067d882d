"""The tokenizer must cut templates and words exactly as the pipelines expect."""

from __future__ import annotations

import inspect
import random

import pytest
from diffusers import QwenImageEditPipeline, QwenImagePipeline
from PIL import Image
from transformers import Qwen2Tokenizer

from services.shapes.captions import PHRASES
from services.shapes.edit_draws import draw_edit
from services.shapes.instructions import instruction
from services.shapes.scenes import COLOURS, KINDS, draw_scene
from services.shapes.tokens import (
    ANSWER,
    EDIT_DROP,
    EDIT_TEMPLATE,
    TEXT_DROP,
    TEXT_TEMPLATE,
    build_processor,
    build_tokenizer,
)


@pytest.fixture(scope="module")
def tokenizer() -> Qwen2Tokenizer:
    return build_tokenizer()


def test_the_templates_are_as_long_as_what_the_pipelines_drop(tokenizer: Qwen2Tokenizer) -> None:
    assert len(tokenizer(TEXT_TEMPLATE).input_ids) == TEXT_DROP == 34
    assert len(tokenizer(EDIT_TEMPLATE).input_ids) == EDIT_DROP == 64


@pytest.mark.parametrize(
    ("pipeline", "template", "dropped"),
    [(QwenImagePipeline, TEXT_TEMPLATE, TEXT_DROP), (QwenImageEditPipeline, EDIT_TEMPLATE, EDIT_DROP)],
)
def test_the_pipelines_still_have_these_templates(pipeline: type, template: str, dropped: int) -> None:
    source = inspect.getsource(pipeline.__init__)
    assert template.replace("\n", "\\n") in source
    assert f"prompt_template_encode_start_idx = {dropped}" in source


@pytest.mark.parametrize("prompt", ["a red circle on the left", "", " ", "Red", "1girl, <|image_pad|> été"])
def test_the_prompt_never_melts_into_its_template(tokenizer: Qwen2Tokenizer, prompt: str) -> None:
    whole = tokenizer(TEXT_TEMPLATE + prompt + ANSWER).input_ids
    assert whole[:TEXT_DROP] == tokenizer(TEXT_TEMPLATE).input_ids


def test_every_word_of_the_world_is_one_token(tokenizer: Qwen2Tokenizer) -> None:
    places = {word for phrases in PHRASES.values() for phrase in phrases for word in phrase.split()}
    for word in {*COLOURS, *KINDS, *places, "and", "with", "background"}:
        assert len(tokenizer(f" {word}").input_ids) == 1, word


def test_other_text_survives_the_round_trip(tokenizer: Qwen2Tokenizer) -> None:
    text = "Grüße, 你好! A 12-pointed star?"
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_the_vocabulary_is_the_same_every_time(tokenizer: Qwen2Tokenizer) -> None:
    assert build_tokenizer().get_vocab() == tokenizer.get_vocab()


def test_every_word_of_an_instruction_but_the_first_is_one_token(tokenizer: Qwen2Tokenizer) -> None:
    rng = random.Random(1)
    broken: set[str] = set()
    for _ in range(1000):
        scene = draw_scene(rng)
        # The pipelines put the first right behind the picture, without the space that makes it whole.
        _, *words = instruction(scene, draw_edit(scene, rng), rng).rstrip(".").replace(",", "").split(" ")
        broken |= {word for word in words if len(tokenizer.tokenize(" " + word)) > 1}
    # Digits stand alone in Qwen2's splitting; the vocabulary knows "make" as a first word.
    assert broken == {"1", "2", "make"}


@pytest.mark.parametrize("edge_px", [128, 384])
def test_a_picture_is_sixteen_tokens_even_when_diffsynth_has_enlarged_it(
    tokenizer: Qwen2Tokenizer, edge_px: int
) -> None:
    image = Image.new("RGB", (edge_px, edge_px))
    inputs = build_processor(tokenizer)(text="<|image_pad|>", images=[image], return_mm_token_type_ids=True)
    assert sum(inputs["mm_token_type_ids"][0]) == 16
