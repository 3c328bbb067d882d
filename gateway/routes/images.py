from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from gateway import schemas
from gateway.decoding import TooManyPixels, Unreadable
from gateway.problems import ProblemError, document
from gateway.studio import StudioDep
from gateway.uploads import UPLOAD_LIMIT_BYTES

router = APIRouter(prefix="/images", tags=["images"])

_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["image"], "properties": {"image": _BINARY}}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with the file in `image`.",
        "content": {
            **{f"image/{name}": {"schema": _BINARY} for name in ("png", "jpeg", "webp")},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}


@router.post(
    "",
    status_code=201,
    operation_id="uploadImage",
    max_body_size=UPLOAD_LIMIT_BYTES,
    openapi_extra=_UPLOAD,
    responses={
        413: document("The file or the picture is too large."),
        415: document("The body is neither a picture nor a form."),
        422: document("The file cannot be read as one still picture."),
    },
)
async def upload_image(request: Request, studio: StudioDep, response: Response) -> schemas.UploadedImage:
    """Keeps a picture for jobs to refer to: upright, in sRGB, 8 bits a channel, without metadata.

    The same picture gets the same id, however often it is uploaded.
    """
    data = await _read_body(request)
    try:
        picture = await studio.uploads.read(data)
    except TooManyPixels as error:
        raise ProblemError(413, "IMAGE_TOO_LARGE", str(error)) from error
    except Unreadable as error:
        raise _refuse(str(error)) from error
    image_id = await studio.books.images.put(picture.png)
    url = f"/images/{image_id}"
    response.headers["Location"] = url
    return schemas.UploadedImage(
        id=image_id, url=url, width=picture.width, height=picture.height, format=picture.format
    )


async def _read_body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=8) as form:
            file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
            if file is None:
                raise _refuse("The form has no file; put one into the field 'image'.")
            return await file.read()
    if kind.startswith("image/") or kind == "application/octet-stream":
        return await request.body()
    text = (
        f"The Content-Type is {kind[:100]!r}; send image/png, image/jpeg, image/webp or multipart/form-data."
    )
    raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", text)


def _refuse(message: str) -> ProblemError:
    problem = schemas.FieldProblem(field="image", value="", message=message)
    return ProblemError(422, "UNREADABLE_IMAGE", message, errors=[problem])


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
    kept = await studio.books.images.open_file(image_id)
    if kept is None:
        raise ProblemError(404, "IMAGE_NOT_FOUND", f"There is no image {image_id[:100]!r}.")
    if if_none_match is not None and (image_id in if_none_match or if_none_match.strip() == "*"):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(kept.size_bytes)
    return StreamingResponse(kept.chunks, media_type="image/png", headers=headers)
