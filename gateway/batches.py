"""Many jobs of one request: every prompt with every seed."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.requests import (
    MAX_SEED,
    Body,
    ControlNetRequest,
    GenerateRequest,
    ImageEditRequest,
    Prompt,
    TextToImageRequest,
    TiledRequest,
)

MOST_JOBS = 1000
_Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


class _TextToImage(TextToImageRequest):
    kind: Literal["text-to-image"]


class _ImageEdit(ImageEditRequest):
    kind: Literal["image-edit"]


class _ControlNet(ControlNetRequest):
    kind: Literal["controlnet"]


class _Tiled(TiledRequest):
    kind: Literal["tiled"]


class BatchRequest(Body):
    """A request, with the prompts and seeds that take the place of its own."""

    request: Annotated[_TextToImage | _ImageEdit | _ControlNet | _Tiled, Field(discriminator="kind")]
    prompts: list[Prompt] = Field(default_factory=list[str], description="Empty: the one of the request.")
    seeds: list[_Seed] = Field(default_factory=list[int], description="Empty: the one of the request.")

    @model_validator(mode="after")
    def _is_not_too_much(self) -> Self:
        count = max(1, len(self.prompts)) * max(1, len(self.seeds))
        if count > MOST_JOBS:
            raise ValueError(f"prompts times seeds are {count} jobs; send at most {MOST_JOBS} at once")
        return self


_BODIES: dict[str, type[GenerateRequest]] = {
    "text-to-image": TextToImageRequest,
    "image-edit": ImageEditRequest,
    "controlnet": ControlNetRequest,
    "tiled": TiledRequest,
}


def spread(batch: BatchRequest) -> list[GenerateRequest]:
    """Returns the requests of a batch: all seeds of the first prompt, then of the next."""
    fields = batch.request.model_dump(exclude={"kind"})
    return [
        _BODIES[batch.request.kind].model_validate({**fields, "prompt": prompt, "seed": seed})
        for prompt in batch.prompts or [batch.request.prompt]
        for seed in batch.seeds or [batch.request.seed]
    ]
