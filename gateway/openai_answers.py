"""What OpenAI's images API answers, and the events that it streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, JsonValue

from gateway.schemas import Shape

Verb = Literal["image_generation", "image_edit"]


class PaintedImage(Shape):
    """One finished image, as a file or where to find it."""

    b64_json: str | None = None
    url: str | None = None
    seed: int = Field(description="Limner's own.")


class PaintedImages(Shape):
    """All images of a request."""

    created: int = Field(description="Seconds since 1970.")
    data: list[PaintedImage]
    output_format: str
    size: str = Field(description="WIDTHxHEIGHT in pixels.")


class ModelCard(Shape):
    """A model that there is."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(default=0, description="Unknown, so always 0.")
    owned_by: str = "limner"


class ModelList(Shape):
    """All models that there are."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class _TokenDetails(Shape):
    image_tokens: int = 0
    text_tokens: int = 0


class _Usage(Shape):
    """Clients want it; nothing is counted in tokens here."""

    input_tokens: int = 0
    input_tokens_details: _TokenDetails = _TokenDetails()
    output_tokens: int = 0
    total_tokens: int = 0


class ImageEvent(Shape):
    """What all events of an image say."""

    type: str
    b64_json: str
    created_at: int  # s since 1970
    size: str
    output_format: str
    background: str = "auto"
    quality: str = "auto"


class PartialImage(ImageEvent):
    """A preview, always a small WebP; `size` is that of the image."""

    partial_image_index: int
    output_format: str = "webp"


class CompletedImage(ImageEvent):
    """A finished image."""

    seed: int
    usage: _Usage = _Usage()


def show_size(request: Mapping[str, JsonValue]) -> str:
    """Returns the size that the request of a job says."""
    width, height = request.get("width"), request.get("height")
    return f"{width}x{height}" if width and height else "auto"
