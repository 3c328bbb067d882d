"""The pictures that a job refers to."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.images import ImageStore
from gateway.jobs.translation import Files
from gateway.requests import (
    ControlNetRequest,
    Entity,
    GenerateRequest,
    ImageEditRequest,
    LayersRequest,
    MaskedRequest,
    TiledRequest,
)


class PictureGone(Exception):
    """A picture that a job refers to is no longer kept."""

    def __init__(self, image_id: str) -> None:
        super().__init__(f"The picture {image_id} is no longer kept; upload it again and repeat the job.")


def referred(request: GenerateRequest) -> dict[str, str]:
    """Returns the id of every picture that a request refers to, by the field that names it."""
    found: dict[str, str | None] = {}
    if isinstance(request, MaskedRequest):
        found["mask"] = request.mask
    if isinstance(request, ImageEditRequest):
        found |= {f"images.{index}": image_id for index, image_id in enumerate(request.images)}
    elif isinstance(request, ControlNetRequest):
        found |= {f"controls.{index}.image": each.image for index, each in enumerate(request.controls)}
        found["init_image"] = request.init_image
    elif isinstance(request, (LayersRequest, TiledRequest)):
        found["image"] = request.image
    if isinstance(request, (ImageEditRequest, ControlNetRequest, TiledRequest)):
        found |= _referred_by(request.entities)
    return {field: image_id for field, image_id in found.items() if image_id is not None}


async def fetch(images: ImageStore, request: GenerateRequest) -> Files:
    """Returns the files of all pictures that a request refers to. Raises PictureGone."""
    files: dict[str, bytes] = {}
    for image_id in set(referred(request).values()):
        data = await images.get(image_id)
        if data is None:
            raise PictureGone(image_id)
        files[image_id] = data
    return files


def _referred_by(entities: Sequence[Entity]) -> dict[str, str | None]:
    return {f"entities.{index}.mask": entity.mask for index, entity in enumerate(entities)}
