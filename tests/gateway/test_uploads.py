"""Files as strangers send them, through a real gateway and a real decoding process."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

RED, BLUE = (205, 10, 40), (30, 70, 225)


def halves(width: int = 32, height: int = 16) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def packed(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


async def upload(client: httpx.AsyncClient, data: bytes, kind: str = "image/png") -> httpx.Response:
    return await client.post("/images", content=data, headers={"Content-Type": kind})


async def kept(client: httpx.AsyncClient, data: bytes, kind: str = "image/png") -> Image.Image:
    """What the gateway keeps of an upload."""
    answer = await upload(client, data, kind)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    image = Image.open(io.BytesIO((await client.get(body["url"])).content))
    assert image.size == (body["width"], body["height"])
    assert answer.headers["location"] == f"/images/{body['id']}"
    return image


async def refusal(client: httpx.AsyncClient, data: bytes, kind: str = "image/png") -> tuple[int, str]:
    answer = await upload(client, data, kind)
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return answer.status_code, problem["detail"]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def headed(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says it is so large."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_is_kept_with_its_colours_and_says_what_it_was(
    client: httpx.AsyncClient, kind: str
) -> None:
    data = packed(halves(), kind, quality=95)
    answer = await upload(client, data, f"image/{kind.lower()}")
    body = answer.json()
    assert (answer.status_code, body["width"], body["height"], body["format"]) == (201, 32, 16, kind.lower())
    image = np.asarray(await kept(client, data)).astype(int)
    assert np.abs(image[8, 4] - RED).max() <= 12
    assert np.abs(image[8, 28] - BLUE).max() <= 12


async def test_the_same_picture_gets_the_same_id_whatever_its_metadata(client: httpx.AsyncClient) -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("comment", "where I live")
    first = (await upload(client, packed(halves()))).json()
    second = (await upload(client, packed(halves(), pnginfo=said))).json()
    assert first == second
    assert b"where I live" not in (await client.get(second["url"])).content


async def test_a_form_with_a_file_is_taken_too(client: httpx.AsyncClient) -> None:
    raw = (await upload(client, packed(halves()))).json()
    form = await client.post("/images", files={"image": ("halves.png", packed(halves()), "image/png")})
    assert (form.status_code, form.json()) == (201, raw)


async def test_a_photograph_that_lies_on_its_side_is_put_upright(client: httpx.AsyncClient) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # Orientation: the camera was turned to the right.
    image = await kept(client, packed(halves(), "JPEG", exif=exif, quality=95), "image/jpeg")
    assert image.size == (16, 32)
    assert np.abs(np.asarray(image)[2, 8].astype(int) - RED).max() <= 12
    assert not image.getexif()


async def test_print_colours_become_screen_colours(client: httpx.AsyncClient) -> None:
    image = await kept(client, packed(halves().convert("CMYK"), "JPEG", quality=95), "image/jpeg")
    assert image.mode == "RGB"
    assert np.abs(np.asarray(image)[8, 4].astype(int) - RED).max() <= 16


async def test_sixteen_bits_become_eight(client: httpx.AsyncClient) -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(8, 0)
    image = np.asarray(await kept(client, packed(Image.fromarray(ramp))))
    assert np.abs(image[0, :, 0].astype(int) - ramp[0] // 256).max() <= 1


async def test_transparency_is_kept_also_from_a_palette(client: httpx.AsyncClient) -> None:
    clear = halves().convert("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    palette = packed(halves().quantize(2), transparency=0)
    for data in (packed(clear), palette):
        image = await kept(client, data)
        assert image.mode == "RGBA"
        assert np.asarray(image)[..., 3].min() == 0


async def test_a_colour_profile_that_makes_no_sense_is_passed_over(client: httpx.AsyncClient) -> None:
    image = await kept(client, packed(halves(), icc_profile=b"no profile at all"))
    assert tuple(np.asarray(image)[8, 4]) == RED
    assert "icc_profile" not in image.info


async def test_what_is_no_picture_is_refused_with_what_would_be(client: httpx.AsyncClient) -> None:
    for data in (b"", b"hello", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>"):
        status, detail = await refusal(client, data)
        assert (status, "PNG, JPEG or WebP" in detail) == (422, True)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_file_that_ends_in_the_middle_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    data = packed(noise, kind)
    status, detail = await refusal(client, data[: len(data) // 2])
    assert (status, "damaged" in detail or "cannot be read" in detail or "can be read" in detail) == (
        422,
        True,
    )


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
async def test_an_animation_is_refused_with_its_frames(client: httpx.AsyncClient, kind: str) -> None:
    data = packed(halves(), kind, save_all=True, append_images=[halves().rotate(180), halves()])
    status, detail = await refusal(client, data)
    assert (status, "3 frames" in detail) == (422, True)


async def test_a_picture_that_says_it_is_enormous_is_refused_unread(client: httpx.AsyncClient) -> None:
    status, detail = await refusal(client, headed(30_000, 30_000))
    assert (status, "30000 × 30000" in detail) == (413, True)


async def test_a_text_that_unfolds_to_gigabytes_is_refused(client: httpx.AsyncClient) -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 200_000_000, 9))
    status, _ = await refusal(client, headed(8, 8, bomb))
    assert status == 422


async def test_a_body_over_the_limit_is_refused_by_its_length(client: httpx.AsyncClient) -> None:
    status, detail = await refusal(client, bytes(50 * 1024 * 1024 + 1))
    assert (status, "52428800" in detail) == (413, True)


async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient) -> None:
    status, detail = await refusal(client, b"{}", "application/json")
    assert (status, "multipart/form-data" in detail) == (415, True)


async def test_a_form_without_a_file_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/images", data={"image": "halves.png"}, files={})
    assert answer.status_code == 415
    boundary = {"Content-Type": "multipart/form-data; boundary=b"}
    form = b'--b\r\nContent-Disposition: form-data; name="image"\r\n\r\nhalves.png\r\n--b--\r\n'
    answer = await client.post("/images", content=form, headers=boundary)
    assert (answer.status_code, "no file" in answer.json()["detail"]) == (422, True)


async def test_damaged_bits_anywhere_do_no_harm(client: httpx.AsyncClient) -> None:
    rng = np.random.default_rng(7)
    for kind in ("PNG", "JPEG", "WEBP"):
        data = bytearray(packed(halves(), kind))
        for position in rng.integers(0, len(data), 4):
            data[position] ^= 1 << int(rng.integers(8))
            assert (await upload(client, bytes(data))).status_code in {201, 413, 422}
    assert (await upload(client, packed(halves()))).status_code == 201
