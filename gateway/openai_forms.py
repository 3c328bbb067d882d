"""The form of an edit: its fields, its pictures and its mask."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import UploadFile

from gateway.decoding import TooManyPixels, Unreadable
from gateway.openai_images import EditBody, check_pictures, to_repaint_mask
from gateway.problems import ProblemError
from gateway.quotas import keep_upload
from gateway.refusals import Refused, problem
from gateway.schemas import FieldProblem
from gateway.studio import Studio

_MOST_FILES = 17  # as many as OpenAI takes, so that a lower limit can be told in our words
_MOST_FIELDS = 100
_IMAGE = re.compile(r"image(\[[0-9]{0,2}\])?")


@dataclass(frozen=True, slots=True)
class EditForm:
    """What was sent; nothing of it is checked but how many pictures there are."""

    fields: dict[str, str]
    images: Sequence[bytes]  # files of any kind
    mask: bytes | None


def describe_form() -> dict[str, Any]:
    """Returns how the OpenAPI document describes the form."""
    schema = EditBody.model_json_schema()
    file = {"type": "string", "format": "binary"}
    schema["properties"] |= {"image": {"type": "array", "items": file, "minItems": 1}, "mask": file}
    schema["required"] = [*schema.get("required", ()), "image"]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


async def read_form(request: Request) -> EditForm:
    """Reads the form of a request. Raises ProblemError for another body, and Refused for a wrong form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        text = f"The Content-Type is {kind[:100]!r}; send multipart/form-data with the picture in `image`."
        raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", text)
    fields: dict[str, str] = {}
    images: list[UploadFile] = []
    masks: list[UploadFile] = []
    async with request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS) as form:
        for name, value in form.multi_items():
            is_file = isinstance(value, UploadFile)
            if isinstance(value, UploadFile) and _IMAGE.fullmatch(name):
                images.append(value)
            elif isinstance(value, UploadFile) and name == "mask":
                masks.append(value)
            elif is_file or name in fields or name == "mask" or _IMAGE.fullmatch(name):
                raise Refused([problem(name, "", _wrong_part(name[:100], is_file=is_file))])
            else:
                fields[name] = str(value)
        if len(masks) > 1:
            raise Refused([problem("mask", len(masks), f"mask has {len(masks)} files; send one.")])
        check_pictures(len(images), has_mask=bool(masks))
        return EditForm(
            fields, [await image.read() for image in images], await masks[0].read() if masks else None
        )


async def keep_pictures(form: EditForm, owner: str, studio: Studio) -> tuple[list[str], str | None]:
    """Keeps the pictures of a form and returns their ids and that of the mask, whose white is repainted.

    Raises Refused and ProblemError.
    """
    images = [await _read("image", data, studio) for data in form.images]
    mask = await _read("mask", form.mask, studio) if form.mask is not None else None
    white = await asyncio.to_thread(to_repaint_mask, mask) if mask is not None else None
    image_ids = [await keep_upload(png, owner, studio) for png in images]
    return image_ids, await keep_upload(white, owner, studio) if white is not None else None


async def _read(field: str, data: bytes, studio: Studio) -> bytes:
    try:
        return (await studio.uploads.read(data)).png
    except Unreadable as error:
        status, code = (
            (413, "IMAGE_TOO_LARGE") if isinstance(error, TooManyPixels) else (422, "UNREADABLE_IMAGE")
        )
        wrong = FieldProblem(field=field, value="", message=str(error))
        raise ProblemError(status, code, f"{field}: {error}", errors=[wrong]) from error


def _wrong_part(name: str, *, is_file: bool) -> str:
    if is_file:
        return f"{name} is a file; only image and mask are."
    if name == "mask" or _IMAGE.fullmatch(name):
        return f"{name} is a text; send a file."
    return f"{name} is given twice; send it once."
