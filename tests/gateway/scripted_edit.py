"""An edit service that answers at once, over real gRPC."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PIL import Image

from limner.capability.v1 import capability_pb2
from limner.edit.v1 import edit_pb2, edit_pb2_grpc
from limner.image.v1 import image_pb2
from limner.progress.v1 import progress_pb2
from tests.gateway.scripted import Context, Witness, describe, draw, serve_capability

FEATURES = ("edit", "image_to_image", "inpaint", "outpaint", "entities", "text_to_image", "control.canny")


def png(size: tuple[int, int] = (128, 128), colour: str = "white", mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, "PNG")
    return file.getvalue()


@dataclass
class ScriptedEdit(edit_pb2_grpc.EditServiceServicer, Witness):
    """Paints one flat picture for each seed and remembers what was asked."""

    features: tuple[str, ...] = FEATURES
    edits: list[edit_pb2.EditImageRequest] = field(default_factory=list[edit_pb2.EditImageRequest])
    inpaints: list[edit_pb2.InpaintImageRequest] = field(default_factory=list[edit_pb2.InpaintImageRequest])
    controls: list[edit_pb2.GenerateControlledRequest] = field(
        default_factory=list[edit_pb2.GenerateControlledRequest]
    )
    layers: list[edit_pb2.SeparateLayersRequest] = field(default_factory=list[edit_pb2.SeparateLayersRequest])

    async def EditImage(
        self, request: edit_pb2.EditImageRequest, context: Context
    ) -> AsyncIterator[edit_pb2.EditImageResponse]:
        self.edits.append(request)
        for event in _paint(request.settings):
            yield edit_pb2.EditImageResponse(event=event)

    async def InpaintImage(
        self, request: edit_pb2.InpaintImageRequest, context: Context
    ) -> AsyncIterator[edit_pb2.InpaintImageResponse]:
        self.inpaints.append(request)
        for event in _paint(request.settings):
            yield edit_pb2.InpaintImageResponse(event=event)

    async def GenerateControlled(
        self, request: edit_pb2.GenerateControlledRequest, context: Context
    ) -> AsyncIterator[edit_pb2.GenerateControlledResponse]:
        self.controls.append(request)
        for event in _paint(request.settings):
            yield edit_pb2.GenerateControlledResponse(event=event)

    async def SeparateLayers(
        self, request: edit_pb2.SeparateLayersRequest, context: Context
    ) -> AsyncIterator[edit_pb2.SeparateLayersResponse]:
        self.layers.append(request)
        for event in _separate(request):
            yield edit_pb2.SeparateLayersResponse(event=event)

    async def PreprocessControl(
        self, request: edit_pb2.PreprocessControlRequest, context: Context
    ) -> edit_pb2.PreprocessControlResponse:
        size = image_pb2.Size(width=128, height=128)
        return edit_pb2.PreprocessControlResponse(
            image=image_pb2.Image(data=png(colour="black"), format="png", size=size)
        )

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: Context
    ) -> capability_pb2.DescribeResponse:
        described = describe()
        described.capability = "edit"
        described.models[0].features[:] = self.features
        return described

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: Context
    ) -> capability_pb2.QuoteResponse:
        return capability_pb2.QuoteResponse()


def _paint(settings: edit_pb2.Settings) -> list[edit_pb2.Event]:
    started = progress_pb2.Progress(stage=progress_pb2.STAGE_DENOISING, step=1, total_steps=4)
    results = [
        edit_pb2.Result(image_index=index, image=image_pb2.Image(data=draw(seed), format="png"), seed=seed)
        for index, seed in enumerate(settings.seeds)
    ]
    return [edit_pb2.Event(progress=started), *(edit_pb2.Event(result=result) for result in results)]


def _separate(request: edit_pb2.SeparateLayersRequest) -> list[edit_pb2.Event]:
    """Makes layers of which each is another clear colour."""
    count, size = request.layer_count, image_pb2.Size(width=128, height=128)
    numbers = [(seed, layer) for seed in request.settings.seeds for layer in range(count)]
    started = progress_pb2.Progress(
        stage=progress_pb2.STAGE_DENOISING, total_steps=4, image_count=len(numbers), images_at_once=count
    )
    clear = [png(colour=f"#{seed % 256:02x}{layer:02x}ff80", mode="RGBA") for seed, layer in numbers]
    results = [
        edit_pb2.Result(
            image_index=index, image=image_pb2.Image(data=data, format="png", size=size), seed=seed
        )
        for index, ((seed, _), data) in enumerate(zip(numbers, clear, strict=True))
    ]
    return [edit_pb2.Event(progress=started), *(edit_pb2.Event(result=result) for result in results)]


@asynccontextmanager
async def serve_edits(path: Path, service: ScriptedEdit) -> AsyncGenerator[None]:
    """Serves `service` on a unix socket."""
    add = partial(edit_pb2_grpc.add_EditServiceServicer_to_server, service)
    async with serve_capability(path, service, "limner.edit.v1.EditService", add):
        yield
