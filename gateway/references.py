"""Checks the pictures that a request refers to, as far as can be known before anything runs."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from gateway.images import ImageStore
from gateway.jobs.pictures import referred
from gateway.refusals import Refused, problem
from gateway.requests import ControlNetRequest, GenerateRequest, ImageEditRequest, MaskedRequest
from gateway.schemas import FieldProblem


async def check_pictures(request: GenerateRequest, images: ImageStore) -> None:
    """Raises Refused for a picture that is not kept, a mask of another size, and one that is all black."""
    ids = referred(request)
    files = {image_id: await images.get(image_id) for image_id in set(ids.values())}
    problems = [_missing(field, image_id) for field, image_id in ids.items() if files[image_id] is None]
    if not problems:
        whole = {image_id: data for image_id, data in files.items() if data is not None}
        problems = await asyncio.to_thread(_check_masks, request, whole)
    if problems:
        raise Refused(problems)


def _missing(field: str, image_id: str) -> FieldProblem:
    text = f"{field} is {image_id[:12]}…, and no such picture is kept; send it to POST /images first."
    return problem(field, image_id, text)


def _check_masks(request: GenerateRequest, files: dict[str, bytes]) -> list[FieldProblem]:
    found: list[FieldProblem] = []
    for field, image_id in referred(request).items():
        if field.endswith("mask") and _is_black(files[image_id]):
            text = f"{field} is empty: nothing in it is white. Paint white where the picture shall change."
            found.append(problem(field, image_id, text))
    masked = _masked_picture(request)
    if isinstance(request, MaskedRequest) and request.mask is not None and masked is not None:
        mask_size, size = _size(files[request.mask]), _size(files[masked])
        if mask_size != size:
            mine, its = (f"{width} × {height}" for width, height in (mask_size, size))
            text = f"mask is {mine} px and its picture {its}; make them the same size."
            found.append(problem("mask", request.mask, text))
    return found


def _masked_picture(request: GenerateRequest) -> str | None:
    if isinstance(request, ImageEditRequest):
        return request.images[0]
    return request.init_image if isinstance(request, ControlNetRequest) else None


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def _is_black(data: bytes) -> bool:
    """Tells whether a mask covers nothing; kept files were decoded under limits before."""
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
        return image.convert("L").getbbox() is None
