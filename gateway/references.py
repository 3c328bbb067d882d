"""Checks the pictures that a request refers to, as far as can be known before anything runs."""

from __future__ import annotations

import asyncio
import io
import math
from collections.abc import Container, Mapping

from PIL import Image

from gateway import tiled
from gateway.decoding import PIXELS_LIMIT
from gateway.images import ImageStore
from gateway.jobs.pictures import referred
from gateway.refusals import Refused, problem
from gateway.requests import ControlNetRequest, GenerateRequest, ImageEditRequest, MaskedRequest, TiledRequest
from gateway.schemas import FieldProblem
from limner.channel import INLINE_LIMIT_BYTES

_Files = Mapping[str, bytes]  # by the ids of the pictures


async def check_pictures(request: GenerateRequest, images: ImageStore, held: Container[str]) -> None:
    """Raises Refused for a picture that is not `held`, too large, or of another size than it must be.

    Masks that are all black are refused, too.
    """
    ids = referred(request)
    if not ids:
        return
    problems = await _check_sizes(ids, images, held)
    if not problems:
        found = {image_id: await images.get(image_id) for image_id in set(ids.values())}
        whole = {image_id: data for image_id, data in found.items() if data is not None}
        problems = await asyncio.to_thread(_check_contents, request, whole)
    if problems:
        raise Refused(problems)


async def _check_sizes(
    ids: Mapping[str, str], images: ImageStore, held: Container[str]
) -> list[FieldProblem]:
    """Refuses what is not kept, and what does not fit into one message, before any of it is read."""
    sizes = {each: await images.measure(each) if each in held else None for each in set(ids.values())}
    gone = [missing(field, image_id) for field, image_id in ids.items() if sizes[image_id] is None]
    total_bytes = sum(sizes[image_id] or 0 for image_id in ids.values())
    if gone or total_bytes <= INLINE_LIMIT_BYTES:
        return gone
    field, image_id = max(ids.items(), key=lambda item: sizes[item[1]] or 0)
    text = (
        f"The pictures of this request have {total_bytes / 2**20:.0f} MiB, and services take "
        f"{INLINE_LIMIT_BYTES // 2**20}; make {field} smaller."
    )
    return [problem(field, image_id, text)]


def missing(field: str, image_id: str) -> FieldProblem:
    """Says that a picture is not kept."""
    text = f"{field} is {image_id[:12]}…, and no such picture is kept; send it to POST /images first."
    return problem(field, image_id, text)


def _check_contents(request: GenerateRequest, files: _Files) -> list[FieldProblem]:
    ids = referred(request)
    sizes = {image_id: read_size(data) for image_id, data in files.items()}
    found = [
        _too_large(field, image_id, *sizes[image_id])
        for field, image_id in ids.items()
        if math.prod(sizes[image_id]) > PIXELS_LIMIT
    ]
    if found:
        return found
    for field, image_id in ids.items():
        if field.endswith("mask") and _is_black(files[image_id]):
            text = f"{field} is empty: nothing in it is white. Paint white where the picture shall change."
            found.append(problem(field, image_id, text))
    masked = _masked_picture(request)
    if isinstance(request, MaskedRequest) and request.mask is not None and masked is not None:
        found += _check_mask(request.mask, sizes[request.mask], sizes[masked])
    if isinstance(request, TiledRequest) and request.image is not None:
        found += tiled.check_target(request, *sizes[request.image])
    return found


def _too_large(field: str, image_id: str, width: int, height: int) -> FieldProblem:
    limit = f"services take at most {PIXELS_LIMIT // 1_000_000} megapixels; make it smaller."
    return problem(field, image_id, f"{field} is {width} × {height} px; {limit}")


def _check_mask(mask: str, mask_size: tuple[int, int], size: tuple[int, int]) -> list[FieldProblem]:
    if mask_size == size:
        return []
    mine, its = (f"{width} × {height}" for width, height in (mask_size, size))
    return [problem("mask", mask, f"mask is {mine} px and its picture {its}; make them the same size.")]


def _masked_picture(request: GenerateRequest) -> str | None:
    if isinstance(request, ImageEditRequest):
        return request.images[0]
    return request.init_image if isinstance(request, ControlNetRequest) else None


def read_size(data: bytes) -> tuple[int, int]:
    """Returns width and height of a kept file."""
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def _is_black(data: bytes) -> bool:
    """Tells whether a mask covers nothing; kept files were decoded under limits before."""
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
        return image.convert("L").getbbox() is None
