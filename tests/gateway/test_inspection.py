"""Requests restored from pictures, through a real gateway and a real reading process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gateway.inspection import NoMetadata, restore
from gateway.jobs.job import Kind
from limner.client import Client, InspectedImage
from tests.gateway.scripted import ScriptedService
from tests.gateway.test_thumbnails import made
from tests.gateway.test_uploads import chunk, halves, headed, packed

_FULL: dict[str, Any] = {
    "prompt": "a red circle über a blue square 🟦",
    "negative_prompt": "blur",
    "width": 512,
    "height": 256,
    "steps": 20,
    "guidance_scale": 4.5,
    "seed": 7,
    "count": 2,
    "model": "shapes",
}
_A1111 = (
    "a castle,\non a hill\nNegative prompt: blurry,\nugly\n"
    "Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Model hash: 0, Model: x"
)


def record(request: object, kind: str = "text-to-image", version: object = 1) -> str:
    return json.dumps({"version": version, "kind": kind, "request": request}, ensure_ascii=False)


def telling(**texts: str) -> bytes:
    """A PNG with those texts."""
    said = PngImagePlugin.PngInfo()
    for name, text in texts.items():
        said.add_itxt(name, text)
    return packed(halves(), pnginfo=said)


def is_full(request: dict[str, Any]) -> bool:
    """Tells whether all of it is there; what it did not say has its default."""
    return request.items() >= _FULL.items()


async def inspect(client: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await client.post("/images/inspect", content=data, headers={"Content-Type": "image/png"})


async def inspected(client: httpx.AsyncClient, data: bytes) -> dict[str, Any]:
    answer = await inspect(client, data)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(client: httpx.AsyncClient, data: bytes) -> tuple[int, str, str]:
    answer = await inspect(client, data)
    problem = answer.json()
    return answer.status_code, problem["code"], problem["detail"]


async def test_a_request_comes_back_whole_with_the_seed_of_its_picture(client: httpx.AsyncClient) -> None:
    parameters = "a\nSteps: 20, Seed: 8, Size: 512x256"
    said = await inspected(client, telling(limner=record(_FULL), parameters=parameters))
    assert is_full(said.pop("request"))
    assert said == {
        "kind": "text-to-image",
        "seed": 8,
        "width": 32,
        "height": 16,
        "format": "png",
        "missing_images": [],
        "dropped_fields": [],
    }


async def test_a_form_with_a_file_is_taken_too(client: httpx.AsyncClient) -> None:
    file = ("a.png", telling(limner=record(_FULL)), "image/png")
    answer = await client.post("/images/inspect", files={"image": file})
    assert (answer.status_code, is_full(answer.json()["request"])) == (200, True)


async def test_the_first_part_of_a_file_is_enough(client: httpx.AsyncClient) -> None:
    data = telling(limner=record(_FULL))
    assert is_full((await inspected(client, data[: data.index(b"IDAT") + 10]))["request"])


async def test_texts_behind_the_pixels_are_found(client: httpx.AsyncClient) -> None:
    data = packed(halves())
    text = chunk(b"tEXt", b"limner\0" + record({"prompt": "x"}).encode())
    said = await inspected(client, data[:-12] + text + data[-12:])
    assert said["request"]["prompt"] == "x"


@pytest.mark.parametrize("kind", ["webp", "jpeg"])
async def test_other_formats_of_a_kept_picture_tell_the_same(
    service: ScriptedService, client: httpx.AsyncClient, kind: str
) -> None:
    data = telling(limner=record(_FULL), parameters=_A1111)
    url = await made(client, service, data)
    told = await inspected(client, (await client.get(f"{url}?format={kind}")).content)
    assert told == {**(await inspected(client, data)), "format": kind}


async def test_pictures_that_are_not_kept_here_are_listed(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "image/png"}
    here = (await client.post("/images", content=packed(halves()), headers=headers)).json()["id"]
    request = {"prompt": "make it blue", "images": [here, "a" * 64, "b" * 64]}
    said = await inspected(client, telling(limner=record(request, "image-edit")))
    assert said["request"]["images"] == request["images"]
    assert said["missing_images"] == ["a" * 64, "b" * 64]


async def test_the_text_of_another_studio_gives_what_is_in_it(client: httpx.AsyncClient) -> None:
    said = await inspected(client, telling(parameters=_A1111))
    assert said["kind"] == "text-to-image"
    expected = {
        "prompt": "a castle,\non a hill",
        "negative_prompt": "blurry,\nugly",
        "steps": 20,
        "guidance_scale": 7.0,
        "seed": 42,
        "width": 512,
        "height": 768,
    }
    assert said["request"].items() >= expected.items()


async def test_the_text_of_another_studio_in_a_jpeg_is_read(client: httpx.AsyncClient) -> None:
    for order in ("utf-16-be", "utf-16-le"):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + _A1111.encode(order)
        said = await inspected(client, packed(halves(), "JPEG", exif=exif))
        assert (said["request"]["seed"], said["format"]) == (42, "jpeg")


async def test_what_cannot_be_used_is_dropped_and_named(client: httpx.AsyncClient) -> None:
    request = {**_FULL, "width": 513, "steps": 2000, "clip_skip": 2}
    said = await inspected(client, telling(limner=record(request)))
    assert said["dropped_fields"] == ["clip_skip", "steps", "width"]
    assert (said["request"]["width"], said["request"]["height"]) == (None, 256)


async def test_a_file_that_tells_nothing_is_refused_with_what_would_be(client: httpx.AsyncClient) -> None:
    for data in (packed(halves()), packed(halves(), "JPEG"), packed(halves(), "WEBP")):
        status, code, detail = await refused(client, data)
        assert (status, code, "does not say how it was made" in detail) == (422, "NO_METADATA", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "does not say"),
        ("null", "damaged"),
        ("[" * 100_000, "damaged"),
        ('{"version":1,"kind":"text-to-image","request":' + '{"a":' * 50_000, "damaged"),
        ('{"version":1,"kind":"text-to-image","request":{"seed":' + "9" * 50_000 + "}}", ""),
        (record(_FULL, version=2), "version 2"),
        (record(_FULL, version="1"), "damaged"),
        (record(_FULL, kind="music"), "'music'"),
        (record([]), "damaged"),
        (record({}), "prompt is missing"),
        (record({"prompt": ""}), "prompt is empty"),
        (record({"prompt": "x" * 2001}), "2001 characters"),
        (record({"prompt": "x", "images": ["../../etc/passwd"]}, "image-edit"), "must be an id"),
        (record({"prompt": "x", "images": []}, "image-edit"), "at least 1"),
        (record({"prompt": "x"}, "controlnet"), "give controls or entities"),
        (record({"prompt": "x" * 300_000}), "does not say"),
    ],
)
async def test_a_record_that_cannot_be_used_is_refused_with_the_reason(
    client: httpx.AsyncClient, text: str, said: str
) -> None:
    status, code, detail = await refused(client, telling(limner=text))
    assert (status, code) == (422, "NO_METADATA")
    assert said in detail
    assert len(detail) < 1000


async def test_the_other_text_helps_out_where_the_record_cannot_be_used(client: httpx.AsyncClient) -> None:
    said = await inspected(client, telling(limner=record(_FULL, version=2), parameters=_A1111))
    assert said["request"]["seed"] == 42


async def test_hundreds_of_wrong_fields_are_not_all_named(client: httpx.AsyncClient) -> None:
    request = {**_FULL, **{f"{n}" * 100: n for n in range(500)}}
    said = await inspected(client, telling(limner=record(request)))
    assert is_full(said["request"])
    assert len(json.dumps(said["dropped_fields"])) < 2000


async def test_a_text_that_unfolds_to_gigabytes_is_refused(client: httpx.AsyncClient) -> None:
    for name in (b"limner", b"parameters", b"other"):
        bomb = chunk(b"zTXt", name + b"\0\0" + zlib.compress(b"\0" * 100_000_000, 9))
        assert (await refused(client, headed(8, 8, bomb)))[0] == 422


async def test_what_is_no_picture_is_refused(client: httpx.AsyncClient) -> None:
    for data in (b"", b"hello", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        assert (await refused(client, data))[:2] == (422, "UNREADABLE_IMAGE")
    assert (await client.post("/images/inspect", json={})).status_code == 415


async def test_clients_restore_a_request_also_from_a_file_over_the_limit(client: httpx.AsyncClient) -> None:
    data = telling(limner=record(_FULL))

    def inspect_large() -> InspectedImage:
        with Client(str(client.base_url)) as studio:
            return studio.inspect(data + bytes(50 * 1024 * 1024))

    restored = await asyncio.to_thread(inspect_large)
    assert (restored.kind, is_full(restored.request)) == ("text-to-image", True)


def test_settings_of_other_tools_that_make_no_sense_are_left_out() -> None:
    text = "x\nSteps: many, CFG scale: 1e400, Seed: -1, Size: 512, Steps: 30"
    restored = restore(None, text)
    assert restored.request.model_dump(exclude_unset=True) == {"prompt": "x", "negative_prompt": ""}
    assert restored.dropped == ("seed",)
    with pytest.raises(NoMetadata):
        restore(None, "a prompt without settings")


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_at_all_does_any_harm(prompt: str, settings: str) -> None:
    with contextlib.suppress(NoMetadata):
        assert restore(prompt, f"{prompt}\nSteps: {settings}").kind is Kind.TEXT_TO_IMAGE
