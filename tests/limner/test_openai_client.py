"""A running studio, called by the official client of OpenAI as it comes."""

from __future__ import annotations

import base64
import io
from typing import Any, cast

import openai
from PIL import Image, ImageDraw

from services.shapes.judge import judge, scene_from_caption
from tests.studio import Studio

PROMPT = "a red circle on the left, white background"


def unpack(b64_json: str | None) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(b64_json or "")))


def shows(image: Image.Image, caption: str) -> bool:
    return judge(image.convert("RGB"), scene_from_caption(caption)).right


def to_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_picture_shows_what_was_asked_of_code_that_does_not_await(studio: Studio) -> None:
    with openai.OpenAI(base_url=f"{studio.url}/v1", api_key="anything") as api:
        response = api.images.generate(
            prompt=PROMPT, output_format="webp", size="128x128", extra_body={"seed": 1}
        )
        image = unpack((response.data or [])[0].b64_json)
        assert (image.format, image.size, response.size) == ("WEBP", (128, 128), "128x128")
        assert shows(image, PROMPT)
        assert "shapes" in [model.id for model in api.models.list()]


async def test_a_stream_shows_how_a_picture_comes_to_be(studio: Studio) -> None:
    async with openai.AsyncOpenAI(base_url=f"{studio.url}/v1", api_key="anything") as api:
        stream = await api.images.generate(
            prompt=PROMPT, stream=True, partial_images=3, extra_body={"seed": 1, "steps": 100}
        )
        events = [cast("Any", event) async for event in stream]
    *previews, completed = events
    assert [preview.partial_image_index for preview in previews] == list(range(len(previews)))
    assert 1 <= len(previews) <= 3
    assert {unpack(preview.b64_json).format for preview in previews} == {"WEBP"}
    assert completed.type == "image_generation.completed"
    assert shows(unpack(completed.b64_json), PROMPT)


async def test_what_a_mask_leaves_opaque_stays_as_it_was(studio: Studio) -> None:
    async with openai.AsyncOpenAI(base_url=f"{studio.url}/v1", api_key="anything") as api:
        made = await api.images.generate(prompt=PROMPT, extra_body={"seed": 1})
        before = unpack((made.data or [])[0].b64_json).convert("RGB")
        mask = Image.new("RGBA", before.size, "black")
        ImageDraw.Draw(mask).rectangle((72, 24, 120, 104), fill="#00000000")
        edited = await api.images.edit(
            image=("before.png", to_png(before), "image/png"),
            mask=("mask.png", to_png(mask), "image/png"),
            prompt="a red circle on the left and a blue square on the right, white background",
            extra_body={"seed": 2},
        )
    after = unpack((edited.data or [])[0].b64_json).convert("RGB")
    assert after.size == before.size
    left = (0, 0, 72, before.height)
    assert after.crop(left).tobytes() == before.crop(left).tobytes()
    assert after.tobytes() != before.tobytes()
