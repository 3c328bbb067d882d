"""OpenAI's requests in terms of ours, and our problems in terms of theirs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageDraw
from pydantic import ValidationError

from gateway.dialect import translate
from gateway.openai_images import (
    EditBody,
    GenerationBody,
    check_pictures,
    is_due,
    to_edit,
    to_generation,
    to_repaint_mask,
)
from gateway.refusals import Refused

PROMPT = "a red circle"
IMAGE = "ab" * 32


def refusal(**fields: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        to_generation(GenerationBody(prompt=PROMPT, **fields))
    return caught.value


def test_what_is_transparent_in_a_mask_is_what_ours_repaints() -> None:
    mask = Image.new("RGBA", (8, 4), "#ff0000ff")
    ImageDraw.Draw(mask).rectangle((2, 1, 3, 2), fill="#00000000")
    mask.putpixel((7, 3), (0, 0, 0, 55))
    file = io.BytesIO()
    mask.save(file, "PNG")
    with Image.open(io.BytesIO(to_repaint_mask(file.getvalue()))) as ours:
        assert (ours.mode, ours.size) == ("L", (8, 4))
        assert ours.getbbox() == (2, 1, 8, 4)
        assert [ours.getpixel(at) for at in ((2, 1), (3, 2), (0, 0), (7, 3))] == [255, 255, 0, 200]


def test_a_mask_without_transparency_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(file, "PNG")
    with pytest.raises(Refused, match="mask has no transparency; make transparent what is to be edited"):
        to_repaint_mask(file.getvalue())


def test_everything_that_means_something_here_is_translated() -> None:
    body = GenerationBody(
        prompt=PROMPT,
        model="shapes",
        n=3,
        size="128x64",
        seed=5,
        steps=9,
        guidance_scale=2.5,
        negative_prompt="blue",
        quality="auto",
        background="opaque",
        moderation="low",
        user="somebody",
    )
    ours = to_generation(body)
    assert (ours.prompt, ours.model, ours.count, ours.width, ours.height) == (PROMPT, "shapes", 3, 128, 64)
    assert (ours.seed, ours.steps, ours.guidance_scale, ours.negative_prompt) == (5, 9, 2.5, "blue")


@pytest.mark.parametrize(
    ("quality", "ours"),
    [(None, "normal"), ("auto", "normal"), ("low", "draft"), ("standard", "normal"), ("hd", "best")],
)
def test_a_quality_has_another_name_here(quality: str | None, ours: str) -> None:
    assert to_generation(GenerationBody(prompt=PROMPT, quality=quality)).quality == ours


@pytest.mark.parametrize("size", [None, "auto"])
def test_a_size_may_be_left_to_the_model(size: str | None) -> None:
    ours = to_generation(GenerationBody(prompt=PROMPT, size=size, n=None))
    assert (ours.width, ours.height, ours.count) == (None, None, 1)


def test_an_edit_has_its_pictures_and_its_mask() -> None:
    ours = to_edit(EditBody(prompt=PROMPT, input_fidelity="high"), [IMAGE], IMAGE)
    assert (ours.images, ours.mask) == ([IMAGE], IMAGE)


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        ({"size": "large"}, "size", "size is 'large'; write it as WIDTHxHEIGHT"),
        ({"size": "100x128"}, "width", "width is 100; it must be a multiple of 16"),
        ({"seed": -1}, "seed", "seed is -1; it must be at least 0"),
        ({"quality": "ultra"}, "quality", "quality is 'ultra'; send low, medium or high"),
        ({"style": "vivid"}, "style", "style is 'vivid'; models have no styles here"),
        ({"background": "transparent"}, "background", "leave background out"),
        ({"partial_images": 2}, "partial_images", "partial_images is 2 without stream"),
        ({"output_compression": 50}, "output_compression", "png has none; send output_format"),
        (
            {"output_compression": 50, "output_format": "webp", "response_format": "url"},
            "output_compression",
            "does not go with response_format url",
        ),
        ({"stream": True, "response_format": "url"}, "response_format", "events hold the images"),
    ],
)
def test_what_would_be_promised_in_vain_is_refused(fields: dict[str, Any], field: str, says: str) -> None:
    refused = refusal(**fields)
    assert refused.problems[0].field == field
    assert says in str(refused)


def test_the_number_of_pictures_is_told_with_its_limit() -> None:
    check_pictures(4, has_mask=False)
    check_pictures(1, has_mask=True)
    for count, has_mask, says in (
        (0, False, "image is missing"),
        (5, False, "image has 5 pictures; services here take at most 4"),
        (2, True, "with a mask services here take one"),
    ):
        with pytest.raises(Refused, match=says):
            check_pictures(count, has_mask=has_mask)


def test_a_form_has_numbers_as_texts_but_a_body_has_not() -> None:
    fields = {"prompt": PROMPT, "n": "2", "stream": "true", "guidance_scale": "2.5"}
    body = EditBody.model_validate(fields, strict=False)
    assert (body.n, body.stream, body.guidance_scale) == (2, True, 2.5)
    with pytest.raises(ValidationError):
        GenerationBody.model_validate(fields)


@pytest.mark.parametrize(
    ("wanted", "total_steps", "shown"),
    [(0, 8, []), (1, 8, [4]), (3, 8, [2, 4, 6]), (3, 2, [1, 2]), (2, 20, [7, 14])],
)
def test_previews_lie_evenly_between_the_steps(wanted: int, total_steps: int, shown: list[int]) -> None:
    sent: list[int] = []
    for step in range(1, total_steps + 1):
        if is_due(step, total_steps, len(sent), wanted):
            sent.append(step)
    assert sent == shown


@pytest.mark.parametrize(
    ("status", "code", "field", "told"),
    [
        (422, "INVALID_FIELDS", "count", (400, "invalid_request_error", "n", "invalid_value")),
        (422, "INVALID_FIELDS", "images.0", (400, "invalid_request_error", "image", "invalid_value")),
        (422, "INVALID_FIELDS", "width", (400, "invalid_request_error", "size", "invalid_value")),
        (404, "MODEL_NOT_FOUND", "model", (404, "invalid_request_error", "model", "model_not_found")),
        (401, "TOKEN_REFUSED", None, (401, "invalid_request_error", None, "invalid_api_key")),
        (429, "QUEUE_FULL", None, (429, "rate_limit_error", None, "queue_full")),
        (503, "DATABASE_UNAVAILABLE", None, (503, "server_error", None, "database_unavailable")),
    ],
)
def test_problems_are_told_in_the_words_of_openai(
    status: int, code: str, field: str | None, told: tuple[object, ...]
) -> None:
    errors = [{"field": field, "value": "", "message": "Wrong."}] if field else None
    found_status, failure = translate({"status": status, "code": code, "detail": "Wrong.", "errors": errors})
    error = failure.error
    assert error.message == "Wrong."
    assert (found_status, error.type, error.param, error.code) == told
