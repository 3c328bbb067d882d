from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response

from gateway.problems import ProblemError, document
from gateway.studio import StudioDep

router = APIRouter(prefix="/images", tags=["images"])


@router.get(
    "/{image_id}",
    operation_id="getImage",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The client has it."},
        404: document("There is no image of that id."),
    },
)
async def get_image(
    image_id: str, studio: StudioDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Returns an image file. It never changes, so it may be kept for ever."""
    headers = {"ETag": f'"{image_id}"', "Cache-Control": "private, max-age=31536000, immutable"}
    data = await studio.books.images.get(image_id)
    if data is None:
        raise ProblemError(404, "IMAGE_NOT_FOUND", f"There is no image {image_id[:100]!r}.")
    if if_none_match is not None and (image_id in if_none_match or if_none_match.strip() == "*"):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="image/png", headers=headers)
