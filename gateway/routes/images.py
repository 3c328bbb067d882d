from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import UploadFile

from gateway import inspection, schemas
from gateway.decoding import TooManyPixels, Unreadable
from gateway.depot import Kept
from gateway.identity import Owner
from gateway.jobs.pictures import referred
from gateway.negotiation import choose
from gateway.problems import ProblemError, document
from gateway.quotas import keep_upload
from gateway.studio import Studio, StudioDep
from gateway.thumbnails import LARGEST_PX, SMALLEST_PX, USUAL_PX, Rendition, round_size
from gateway.uploads import UPLOAD_LIMIT_BYTES

router = APIRouter(prefix="/images", tags=["images"])

_BINARY = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "required": ["image"], "properties": {"image": _BINARY}}
_FORMATS = ("png", "webp", "jpeg")
_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with the file in `image`.",
        "content": {
            **{f"image/{name}": {"schema": _BINARY} for name in _FORMATS},
            "multipart/form-data": {"schema": _FORM},
        },
    }
}
_UPLOAD_REFUSALS: dict[int | str, dict[str, Any]] = {
    413: document("The file or the picture is too large."),
    415: document("The body is neither a picture nor a form."),
}
_DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"content": {f"image/{name}": {"schema": _BINARY} for name in _FORMATS}},
    304: {"description": "The client has it."},
    404: document("There is no image of that id."),
    422: document("A wrong parameter, or a format that cannot hold the picture."),
}
# OpenAPI knows Accept from the kinds of answers.
_Accept = Annotated[str | None, Header(include_in_schema=False)]
_Tag = Annotated[str | None, Header()]


@router.post(
    "",
    status_code=201,
    operation_id="uploadImage",
    max_body_size=UPLOAD_LIMIT_BYTES,
    openapi_extra=_UPLOAD,
    responses={**_UPLOAD_REFUSALS, 422: document("The file cannot be read as one still picture.")},
)
async def upload_image(
    request: Request, studio: StudioDep, owner: Owner, response: Response
) -> schemas.UploadedImage:
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
    image_id = await keep_upload(picture.png, owner, studio)
    url = f"/images/{image_id}"
    response.headers["Location"] = url
    return schemas.UploadedImage(
        id=image_id, url=url, width=picture.width, height=picture.height, format=picture.format
    )


@router.post(
    "/inspect",
    operation_id="inspectImage",
    max_body_size=UPLOAD_LIMIT_BYTES,
    openapi_extra=_UPLOAD,
    responses={
        **_UPLOAD_REFUSALS,
        422: document("The file cannot be read, or does not say how it was made."),
    },
)
async def inspect_image(request: Request, studio: StudioDep, owner: Owner) -> schemas.InspectedImage:
    """Reads from a picture how it was made; nothing is kept.

    A PNG may end in the midst of its pixels: of one above the limit, its first MiB is enough.
    """
    data = await _read_body(request)
    try:
        texts = await studio.uploads.inspect(data)
    except Unreadable as error:
        raise _refuse(str(error)) from error
    try:
        restored = inspection.restore(texts.limner, texts.parameters)
    except inspection.NoMetadata as error:
        raise ProblemError(422, "NO_METADATA", str(error)) from error
    ids = sorted(set(referred(restored.request).values()))
    held = await studio.books.holdings.held_by(owner, ids)
    sizes = await asyncio.gather(*(studio.books.images.measure(image_id) for image_id in ids))
    return schemas.InspectedImage(
        kind=restored.kind,
        request=restored.request.to_record(),
        seed=restored.seed,
        width=texts.width,
        height=texts.height,
        format=texts.format,
        missing_images=[
            image_id
            for image_id, size in zip(ids, sizes, strict=True)
            if size is None or image_id not in held
        ],
        dropped_fields=list(restored.dropped),
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


@router.get("/{image_id}", operation_id="getImage", response_class=Response, responses=_DOWNLOAD)
async def get_image(
    image_id: str,
    studio: StudioDep,
    owner: Owner,
    file_format: Annotated[
        Literal["png", "webp", "jpeg"] | None,
        Query(alias="format", description="Default: png, or what an Accept header without it permits."),
    ] = None,
    accept: _Accept = None,
    if_none_match: _Tag = None,
) -> Response:
    """Returns an image file. It never changes, so it may be kept for ever.

    PNG is the file as it is kept; the other formats are made from it and say the same of how it was made.
    """
    chosen = file_format or choose(accept, _FORMATS)
    return await _send(studio, owner, Rendition(image_id, chosen), if_none_match)


@router.get(
    "/{image_id}/thumbnail", operation_id="getThumbnail", response_class=Response, responses=_DOWNLOAD
)
async def get_thumbnail(
    image_id: str,
    studio: StudioDep,
    owner: Owner,
    size: Annotated[
        int,
        Query(
            ge=SMALLEST_PX,
            le=LARGEST_PX,
            description="Pixels; the longest side is at most the multiple of 64 that is not above it.",
        ),
    ] = USUAL_PX,
    accept: _Accept = None,
    if_none_match: _Tag = None,
) -> Response:
    """Returns an image made smaller: WebP, or PNG or JPEG where an Accept header permits no WebP."""
    wanted = Rendition(image_id, choose(accept, ("webp", "png", "jpeg")), round_size(size))
    return await _send(studio, owner, wanted, if_none_match)


async def _send(studio: Studio, owner: str, wanted: Rendition, if_none_match: str | None) -> Response:
    if not await studio.books.holdings.is_held_by(owner, wanted.image_id):
        raise _unknown(wanted.image_id)
    is_original = (wanted.format, wanted.side_px) == ("png", None)
    tag = f'"{wanted.image_id}"' if is_original else f'"{wanted.image_id}/{wanted.name}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=31536000, immutable", "Vary": "Accept"}
    has_it = if_none_match is not None and (tag in if_none_match or if_none_match.strip() == "*")
    if has_it and await studio.books.images.measure(wanted.image_id) is not None:
        return Response(status_code=304, headers=headers)
    kept = await _open(studio, wanted, is_original=is_original)
    if kept is None:
        raise _unknown(wanted.image_id)
    headers["Content-Length"] = str(kept.size_bytes)
    return StreamingResponse(kept.chunks, media_type=f"image/{wanted.format}", headers=headers)


def _unknown(image_id: str) -> ProblemError:
    return ProblemError(404, "IMAGE_NOT_FOUND", f"There is no image {image_id[:100]!r}.")


async def _open(studio: Studio, wanted: Rendition, *, is_original: bool) -> Kept | None:
    if is_original:
        return await studio.books.images.open_file(wanted.image_id)
    try:
        return await studio.thumbnails.open_file(wanted)
    except Unreadable as error:
        raise _refuse(str(error)) from error
