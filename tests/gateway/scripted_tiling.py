"""A tiling service that says what a test wants, over real gRPC."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from limner.capability.v1 import capability_pb2
from limner.edit.v1 import edit_pb2
from limner.image.v1 import image_pb2
from limner.progress.v1 import progress_pb2
from limner.tiling.v1 import tiling_pb2, tiling_pb2_grpc
from tests.gateway.scripted import Context, Witness, describe, draw, serve_capability

Script = Callable[[edit_pb2.Settings, Context], AsyncIterator[tiling_pb2.Event]]


def progress(tile: int, tile_count: int = 3, **more: Any) -> tiling_pb2.Event:
    stage = progress_pb2.STAGE_DENOISING
    return tiling_pb2.Event(
        progress=progress_pb2.Progress(
            stage=stage, step=1, total_steps=4, image_count=1, tile=tile, tile_count=tile_count, **more
        )
    )


def result(settings: edit_pb2.Settings, **source: Any) -> tiling_pb2.Event:
    seed = settings.seeds[0]
    image = image_pb2.Image(format="png", size=image_pb2.Size(width=16, height=16), **source)
    return tiling_pb2.Event(result=edit_pb2.Result(image=image, seed=seed))


async def paint(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
    """What a service does when all is well."""
    for tile in range(3):
        yield progress(tile)
    yield result(settings, data=draw(settings.seeds[0]))


def leave(folder: Path, data: bytes) -> Script:
    """Leaves a result that is too large to be sent and returns what the service says of it."""

    async def script(settings: edit_pb2.Settings, context: Context) -> AsyncIterator[tiling_pb2.Event]:
        yield result(settings, uri=f"sha256:{digest}")

    digest = hashlib.sha256(data).hexdigest()
    folder.mkdir(exist_ok=True)
    (folder / digest).write_bytes(data)
    return script


@dataclass
class ScriptedTiling(tiling_pb2_grpc.TilingServiceServicer, Witness):
    """Plays its script and remembers what was asked."""

    script: Script = paint
    painted: list[tiling_pb2.GenerateTiledRequest] = field(
        default_factory=list[tiling_pb2.GenerateTiledRequest]
    )
    enlarged: list[tiling_pb2.UpscaleTiledRequest] = field(
        default_factory=list[tiling_pb2.UpscaleTiledRequest]
    )

    async def GenerateTiled(
        self, request: tiling_pb2.GenerateTiledRequest, context: Context
    ) -> AsyncIterator[tiling_pb2.GenerateTiledResponse]:
        self.painted.append(request)
        async for event in self.script(request.settings, context):
            yield tiling_pb2.GenerateTiledResponse(event=event)

    async def UpscaleTiled(
        self, request: tiling_pb2.UpscaleTiledRequest, context: Context
    ) -> AsyncIterator[tiling_pb2.UpscaleTiledResponse]:
        self.enlarged.append(request)
        async for event in self.script(request.settings, context):
            yield tiling_pb2.UpscaleTiledResponse(event=event)

    async def Describe(
        self, request: capability_pb2.DescribeRequest, context: Context
    ) -> capability_pb2.DescribeResponse:
        described = describe()
        described.capability = "tiling"
        described.models[0].features[:] = ["text_to_image", "control.canny"]
        described.models[0].max_tile_px, described.models[0].max_side_px = 256, 8192
        return described

    async def Quote(
        self, request: capability_pb2.QuoteRequest, context: Context
    ) -> capability_pb2.QuoteResponse:
        return capability_pb2.QuoteResponse()


@asynccontextmanager
async def serve_tiles(path: Path, service: ScriptedTiling) -> AsyncGenerator[None]:
    """Serves `service` on a unix socket."""
    add = partial(tiling_pb2_grpc.add_TilingServiceServicer_to_server, service)
    async with serve_capability(path, service, "limner.tiling.v1.TilingService", add):
        yield
