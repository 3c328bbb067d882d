"""Requests to OpenAI's images API in terms of ours. Pure."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from PIL import Image, ImageChops
from pydantic import Field, ValidationError

from gateway.explanations import explain
from gateway.refusals import Refused, problem
from gateway.requests import Body, GenerateRequest, ImageEditRequest, Prompt, TextToImageRequest
from gateway.schemas import FieldProblem

MOST_IMAGES = 4  # that services take; OpenAI takes 16
_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")
_Request = TypeVar("_Request", bound=GenerateRequest)
# Of what means nothing here, the values that promise nothing, and what to do about the others.
_HARMLESS: Mapping[str, tuple[frozenset[str], str]] = {
    "background": (
        frozenset({"auto", "opaque"}),
        "pictures are made without transparency here, so leave background out",
    ),
    "input_fidelity": (
        frozenset({"high"}),
        "pictures are always kept to closely here, so leave input_fidelity out",
    ),
    "moderation": (frozenset({"auto", "low"}), "nothing is moderated here, so leave moderation out"),
    "style": (frozenset(), "models have no styles here, so leave style out and say it in the prompt"),
}


# By OpenAI's names, those of its older models too.
_QUALITIES = {
    "auto": "normal",
    "low": "draft",
    "medium": "normal",
    "standard": "normal",
    "high": "best",
    "hd": "best",
}


class ImageOptions(Body):
    """What generations and edits have in common; null is as good as left out."""

    prompt: Prompt
    model: str | None = Field(default=None, description="Default: the service's first; see `GET /v1/models`.")
    n: int | None = Field(default=None, ge=1, le=10, description="How many images; default: 1.")
    size: str | None = Field(default=None, description="WIDTHxHEIGHT in pixels; default: auto.")
    response_format: Literal["b64_json", "url"] | None = Field(
        default=None, description="Default: b64_json. A url needs the same token as this request."
    )
    output_format: Literal["png", "jpeg", "webp"] | None = Field(default=None, description="Default: png.")
    output_compression: int | None = Field(
        default=None, ge=0, le=100, description="Quality of a jpeg or webp, 100 being the best."
    )
    stream: bool | None = Field(default=None, description="Answer with server-sent events.")
    partial_images: int | None = Field(
        default=None, ge=0, le=3, description="With stream: how many previews of each image."
    )
    background: str | None = Field(default=None, description="auto or opaque; means nothing.")
    moderation: str | None = Field(default=None, description="auto or low; means nothing.")
    quality: str | None = Field(
        default=None, description="low, medium or high; auto and standard are medium, and hd is high."
    )
    user: str | None = Field(default=None, description="Means nothing.")
    safety_identifier: str | None = Field(default=None, description="Means nothing.")
    seed: int | None = Field(default=None, description="Limner's own, as are those that follow.")
    negative_prompt: str | None = None
    steps: int | None = None
    guidance_scale: float | None = None

    @property
    def format(self) -> str:
        """How the images are packed."""
        return self.output_format or "png"


class GenerationBody(ImageOptions):
    """What to paint."""

    style: str | None = Field(default=None, description="Refused: say it in the prompt.")


class EditBody(ImageOptions):
    """What to change, but for the pictures. With a mask, the prompt says what is to be seen."""

    input_fidelity: str | None = Field(default=None, description="high; means nothing.")


def to_generation(body: GenerationBody) -> TextToImageRequest:
    """Returns our request; raises Refused for what it would promise in vain."""
    return _translate(TextToImageRequest, body, {})


def to_edit(body: EditBody, image_ids: Sequence[str], mask_id: str | None) -> ImageEditRequest:
    """Returns our request, like `to_generation`."""
    return _translate(ImageEditRequest, body, {"images": list(image_ids), "mask": mask_id})


def check_pictures(count: int, *, has_mask: bool) -> None:
    """Raises Refused for a number of pictures that no edit has."""
    if count == 0:
        text = "image is missing; send the picture to edit as a file of the form."
    elif count > MOST_IMAGES:
        text = f"image has {count} pictures; services here take at most {MOST_IMAGES}."
    elif has_mask and count > 1:
        text = f"image has {count} pictures; with a mask services here take one: send only the first."
    else:
        return
    raise Refused([problem("image", count, text)])


def check_options(body: ImageOptions) -> None:
    """Raises Refused for options that contradict each other, or that would be passed over silently."""
    problems = [_in_vain(name, getattr(body, name)) for name in _HARMLESS if getattr(body, name, None)]
    sends_url, is_packed = body.response_format == "url", body.format != "png"
    if body.partial_images and not body.stream:
        text = f"partial_images is {body.partial_images} without stream; send stream: true along."
        problems.append(problem("partial_images", body.partial_images, text))
    if body.stream and sends_url:
        text = "response_format is url with stream; events hold the images, so leave response_format out."
        problems.append(problem("response_format", "url", text))
    if body.output_compression is not None and not is_packed and body.output_compression != 100:
        text = f"output_compression is {body.output_compression}, and png has none; send output_format, too."
        problems.append(problem("output_compression", body.output_compression, text))
    if body.output_compression is not None and is_packed and sends_url:
        text = "output_compression does not go with response_format url; leave one of them out."
        problems.append(problem("output_compression", body.output_compression, text))
    if found := [each for each in problems if each is not None]:
        raise Refused(found)


def to_repaint_mask(png: bytes) -> bytes:
    """Returns the PNG of a mask in which white is repainted, of one in which that is transparent.

    Raises Refused for one without transparency.
    """
    with Image.open(io.BytesIO(png)) as image:
        if image.mode != "RGBA":
            text = (
                "mask has no transparency; make transparent what is to be edited, and leave the rest opaque."
            )
            raise Refused([problem("mask", image.mode, text)])
        mask = ImageChops.invert(image.getchannel("A"))
    file = io.BytesIO()
    mask.save(file, "PNG", compress_level=1)
    return file.getvalue()


def is_due(step: int, total_steps: int, sent: int, wanted: int) -> bool:
    """Tells whether a preview of that step is one of those to send, which lie evenly between the steps."""
    return sent < wanted and step * (wanted + 1) >= total_steps * (sent + 1)


def _in_vain(name: str, value: str) -> FieldProblem | None:
    harmless, fix = _HARMLESS[name]
    return None if value in harmless else problem(name, value, f"{name} is {value[:100]!r}; {fix}.")


def _translate(kind: type[_Request], body: ImageOptions, more: Mapping[str, object]) -> _Request:
    check_options(body)
    width, height = _parse(body.size)
    fields: dict[str, object] = {
        "prompt": body.prompt,
        "negative_prompt": body.negative_prompt,
        "model": body.model,
        "width": width,
        "height": height,
        "count": body.n,
        "seed": body.seed,
        "quality": _translate_quality(body.quality),
        "steps": body.steps,
        "guidance_scale": body.guidance_scale,
        **more,
    }
    try:
        return kind.model_validate({name: value for name, value in fields.items() if value is not None})
    except ValidationError as error:
        raise Refused([explain(each) for each in error.errors()]) from error


def _translate_quality(quality: str | None) -> str | None:
    if quality is None or quality in _QUALITIES:
        return _QUALITIES.get(quality or "")
    text = f"quality is {quality[:100]!r}; send low, medium or high, or leave it out."
    raise Refused([problem("quality", quality, text)])


def _parse(size: str | None) -> tuple[int | None, int | None]:
    if size in {None, "auto"}:
        return None, None
    found = _SIZE.fullmatch(size or "")
    if found is None:
        text = f"size is {(size or '')[:100]!r}; write it as WIDTHxHEIGHT in pixels, or send auto."
        raise Refused([problem("size", size, text)])
    return int(found[1]), int(found[2])
